package dev.howdah.client;

/** A tablespace of the server that is copied: its OID and the directory it has there. */
public record Tablespace(String oid, String location) {}
