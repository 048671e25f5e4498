package dev.howdah.api.model;

/** Where something listens. */
public record Endpoint(String host, int port) {
    /** {@code host:port}, with brackets around an IPv6 address. */
    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
