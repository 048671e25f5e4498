package dev.howdah.proxy;

/**
 * What has happened since the start.
 *
 * @param unauthenticated clients that are logging in right now
 * @param overLimit connections closed because too many were logging in
 * @param clearTextBeforeTls connections closed for bytes in clear behind the request for TLS
 */
public record ProxyCounters(
        long accepted,
        long unauthenticated,
        long overLimit,
        long handshakesFailed,
        long clearTextBeforeTls,
        long loginsRefused,
        long loginsSucceeded,
        long cancels) {}
