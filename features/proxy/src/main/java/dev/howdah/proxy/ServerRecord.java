package dev.howdah.proxy;

/** What is known of one server connection from client to client: what is prepared on it, and what it has been asked. */
final class ServerRecord {
    final ServerCopies copies = new ServerCopies();
    final Ledger ledger;
    final Repeat repeat = new Repeat();
    /** Whether it may have an unnamed statement. */
    boolean hasUnnamed;

    ServerRecord(StatementBook book) {
        ledger = new Ledger(book, copies);
    }
}
