package dev.howdah.proxy;

/** How much of something that is limited is there: of a pool, a database, a role or a branch. */
final class Tally {
    /** Server connections, from the moment one is asked for to the moment its server has let go of it. */
    int servers;

    /** Of these the ones that have been told to end. */
    int closing;

    /** Clients that have logged in. */
    int clients;

    /** Clients that keep their server between transactions. */
    int pinned;

    /** Server connections that nobody has told to end. */
    int staying() {
        return servers - closing;
    }
}
