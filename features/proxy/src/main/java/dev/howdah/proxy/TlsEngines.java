package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the engine of every handshake, with the certificate of the moment and the implementation of TLS that was chosen at the start.
 * Thread-safe.
 */
final class TlsEngines implements AutoCloseable {
    static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};
    static final String ALPN = "postgresql";

    private static final Logger LOG = LoggerFactory.getLogger(TlsEngines.class);

    /** An engine and the certificate that it shows. A BoringSSL engine is memory to be released. */
    record Handshake(SSLEngine engine, EdgeIdentity identity) {}

    /** What new handshakes use. */
    private sealed interface Loaded {
        EdgeIdentity identity();

        record Native(EdgeIdentity identity, BoringSsl tls) implements Loaded {}

        record Jdk(EdgeIdentity identity) implements Loaded {}
    }

    private final EdgeCertificates certificates;
    private final boolean usesBoringSsl;
    private volatile Loaded loaded;

    private TlsEngines(EdgeCertificates certificates, boolean usesBoringSsl, Loaded loaded) {
        this.certificates = certificates;
        this.usesBoringSsl = usesBoringSsl;
        this.loaded = loaded;
    }

    /** Tries what is asked for, and says in the log what is used and why. Throws a {@link PlatformException} when it does not work here. */
    static TlsEngines open(TlsChoice choice, EdgeCertificates certificates) {
        var identity = certificates.current();
        if (choice == TlsChoice.JDK) {
            LOG.info("TLS by the JDK, as the settings say");
            return new TlsEngines(certificates, false, new Loaded.Jdk(identity));
        }
        var obstacle = BoringSsl.obstacle();
        if (obstacle.isEmpty()) {
            try {
                var tls = BoringSsl.open(identity.pair());
                LOG.info(
                        "TLS by {}, {}",
                        BoringSsl.version(),
                        choice == TlsChoice.AUTO ? "the fastest here" : "as the settings say");
                return new TlsEngines(certificates, true, new Loaded.Native(identity, tls));
            } catch (SSLException e) {
                obstacle = Optional.of("it does not take the certificate: " + e.getMessage());
            }
        }
        if (choice == TlsChoice.BORINGSSL) {
            throw new PlatformException(
                    SqlState.FEATURE_NOT_SUPPORTED,
                    "TLS by BoringSSL does not work here: " + obstacle.get(),
                    "Set the TLS implementation to \"auto\" or \"jdk\"; BoringSSL is there for Linux on x86-64 and arm64 with glibc.");
        }
        LOG.info("TLS by the JDK, since BoringSSL does not work here: {}", obstacle.get());
        return new TlsEngines(certificates, false, new Loaded.Jdk(identity));
    }

    /** The engine of a new handshake. */
    Handshake newHandshake() {
        while (true) {
            switch (upToDate()) {
                case Loaded.Jdk(var identity) -> {
                    return new Handshake(jdkEngine(identity), identity);
                }
                case Loaded.Native(var identity, var tls) -> {
                    var engine = tls.newEngine();
                    if (engine.isPresent()) {
                        return new Handshake(engine.get(), identity);
                    }
                    // Another thread has loaded the next certificate just now.
                }
            }
        }
    }

    /** BoringSSL engines of the present certificate that have not been released. */
    int enginesInUse() {
        return loaded instanceof Loaded.Native(var _, var tls) ? tls.enginesInUse() : 0;
    }

    private Loaded upToDate() {
        var now = loaded;
        return isOf(now, certificates.current()) ? now : reload();
    }

    private synchronized Loaded reload() {
        var before = loaded;
        var identity = certificates.current();
        if (!isOf(before, identity)) {
            loaded = load(identity);
            if (before instanceof Loaded.Native(var _, var tls)) {
                tls.close();
            }
        }
        return loaded;
    }

    @SuppressWarnings(
            "ReferenceEquality") // a certificate that is read again is another object, and comparing keys costs
    private static boolean isOf(Loaded loaded, EdgeIdentity identity) {
        return loaded.identity() == identity;
    }

    private Loaded load(EdgeIdentity identity) {
        if (!usesBoringSsl) {
            return new Loaded.Jdk(identity);
        }
        try {
            return new Loaded.Native(identity, BoringSsl.open(identity.pair()));
        } catch (SSLException e) {
            LOG.warn(
                    "BoringSSL does not take the new certificate, so TLS is the JDK's until the next: {}",
                    e.getMessage());
            return new Loaded.Jdk(identity);
        }
    }

    private static SSLEngine jdkEngine(EdgeIdentity identity) {
        var engine = identity.context().createSSLEngine();
        engine.setUseClientMode(false);
        var parameters = engine.getSSLParameters();
        parameters.setProtocols(PROTOCOLS);
        parameters.setApplicationProtocols(new String[] {ALPN});
        engine.setSSLParameters(parameters);
        return engine;
    }

    /** Once no handshake can begin any more; those under way go on. */
    @Override
    public void close() {
        if (loaded instanceof Loaded.Native(var _, var tls)) {
            tls.close();
        }
    }
}
