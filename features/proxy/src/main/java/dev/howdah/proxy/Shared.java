package dev.howdah.proxy;

import java.time.InstantSource;
import java.util.random.RandomGenerator;

/** What all sessions of a proxy use; everything in it is thread-safe. */
record Shared(
        ProxyConfig config,
        EdgeCertificates certificates,
        AddressGuard addresses,
        LoginDirectory logins,
        Branches branches,
        SessionRegistry sessions,
        Counters counters,
        ProxyEvents events,
        InstantSource clock,
        RandomGenerator random) {}
