package dev.howdah.bench;

/** What stands between a client and its session. Only the same door compares. */
enum Door {
    OPEN("plain, trust"),
    SCRAM("plain, SCRAM"),
    TLS("TLS 1.3, SCRAM");

    private final String title;

    Door(String title) {
        this.title = title;
    }

    String title() {
        return title;
    }

    String sslMode() {
        return this == TLS ? "require" : "disable";
    }
}
