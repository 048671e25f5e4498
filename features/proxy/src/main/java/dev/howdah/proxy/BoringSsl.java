package dev.howdah.proxy;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.ReferenceCountedOpenSslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.ResourceLeakDetector;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;

/**
 * BoringSSL loaded with one certificate. Its memory is not the JVM's: each engine counts as a reference, and the memory goes back with the last
 * one after {@link #close}. Thread-safe.
 *
 * <p>As PostgreSQL does, it neither gives out session tickets nor keeps sessions: libpq never resumes one, and a resumed handshake shows no
 * certificate that channel binding could go by.
 */
final class BoringSsl implements AutoCloseable {
    /** All with forward secrecy and authenticated encryption. Without one of TLS 1.3 in the list, Netty would switch TLS 1.3 off. */
    private static final List<String> CIPHERS = List.of(
            "TLS_AES_128_GCM_SHA256",
            "TLS_AES_256_GCM_SHA384",
            "TLS_CHACHA20_POLY1305_SHA256",
            "ECDHE-ECDSA-AES128-GCM-SHA256",
            "ECDHE-RSA-AES128-GCM-SHA256",
            "ECDHE-ECDSA-AES256-GCM-SHA384",
            "ECDHE-RSA-AES256-GCM-SHA384",
            "ECDHE-ECDSA-CHACHA20-POLY1305",
            "ECDHE-RSA-CHACHA20-POLY1305");

    /** What an engine keeps for alerts and parts of a handshake; a flight that is longer leaves in several pieces. */
    private static final int ENGINE_OWN_BYTES = 512;

    static {
        // It would record where every hundredth engine was made; that each is released is what our own tests count.
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
    }

    private final ReferenceCountedOpenSslContext context;
    private final AtomicBoolean closed = new AtomicBoolean();

    private BoringSsl(ReferenceCountedOpenSslContext context) {
        this.context = context;
    }

    /** Why it cannot be used here; empty when it can. */
    static Optional<String> obstacle() {
        try {
            return OpenSsl.isAvailable() ? Optional.empty() : Optional.of(reason(OpenSsl.unavailabilityCause()));
        } catch (LinkageError e) {
            return Optional.of(reason(e));
        }
    }

    private static String reason(Throwable cause) {
        // The outer ones only say which of several names of the library was tried.
        var root = cause;
        for (var next = root.getCause(); next != null; next = next.getCause()) {
            root = next;
        }
        return String.valueOf(root.getMessage());
    }

    static String version() {
        return OpenSsl.versionString();
    }

    /** Fails when BoringSSL does not take this kind of key or certificate; tried out by a handshake. */
    static BoringSsl open(CertificatePair pair) throws SSLException {
        try {
            var context = (ReferenceCountedOpenSslContext) SslContextBuilder.forServer(
                            pair.key(), pair.chain().toArray(X509Certificate[]::new))
                    .sslProvider(SslProvider.OPENSSL_REFCNT)
                    .protocols(TlsEngines.PROTOCOLS)
                    .ciphers(CIPHERS)
                    .applicationProtocolConfig(new ApplicationProtocolConfig(
                            ApplicationProtocolConfig.Protocol.ALPN,
                            ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                            ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                            TlsEngines.ALPN))
                    .option(OpenSslContextOption.USE_TASKS, false) // whole steps of a handshake run on helpers as it is
                    .build();
            context.setBioNonApplicationBufferSize(ENGINE_OWN_BYTES);
            context.sessionContext().setSessionCacheEnabled(false);
            return tried(new BoringSsl(context));
        } catch (IllegalArgumentException e) {
            throw new SSLException(String.valueOf(e.getMessage()), e);
        }
    }

    private static BoringSsl tried(BoringSsl tls) throws SSLException {
        var engine = tls.newEngine().orElseThrow();
        try {
            BoringSslProbe.shakeHands(engine);
            return tls;
        } catch (SSLException e) {
            tls.close();
            throw e;
        } finally {
            ReferenceCountUtil.release(engine);
        }
    }

    /** An engine that must be released by its owner; empty once this is closed. */
    Optional<SSLEngine> newEngine() {
        try {
            context.retain(); // or a reload could free it between the look and the use
        } catch (IllegalReferenceCountException _) {
            return Optional.empty();
        }
        try {
            return Optional.of(context.newEngine(UnpooledByteBufAllocator.DEFAULT));
        } finally {
            context.release();
        }
    }

    /** Engines that have not been released. */
    int enginesInUse() {
        return context.refCnt() - (closed.get() ? 0 : 1);
    }

    /** No more handshakes; engines in use go on. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            context.release();
        }
    }
}
