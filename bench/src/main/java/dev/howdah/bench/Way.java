package dev.howdah.bench;

/** How the client reaches the server. */
enum Way {
    OWN_TLS("PostgreSQL's own TLS"),
    HOWDAH("Howdah's direct endpoint"),
    PLAIN("TCP without TLS");

    private final String title;

    Way(String title) {
        this.title = title;
    }

    String title() {
        return title;
    }
}
