package dev.howdah.control;

/**
 * Who asks for something, as the audit log shows it.
 *
 * @param name a token's name, {@code local}, or a job of the platform's such as {@code platform:expiry}
 * @param address of the client; empty where there is none
 */
public record Actor(String name, String address) {
    /** The platform itself, doing its own chores. */
    public static Actor platform(String job) {
        return new Actor("platform:" + job, "");
    }
}
