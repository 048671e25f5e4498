package dev.howdah.proxy;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Shows the certificate of the moment. A handshake asks for an alias first and for its chain and key later, so each pair has an alias of its own,
 * and the one before stays known for the handshakes under way. Thread-safe.
 */
final class CurrentKey extends X509ExtendedKeyManager {
    private static final String[] NONE = {};

    private final Supplier<CertificatePair> current;
    private final Map<String, CertificatePair> known = new ConcurrentHashMap<>();
    private final AtomicLong generation = new AtomicLong();
    private @Nullable CertificatePair newest;

    CurrentKey(Supplier<CertificatePair> current) {
        this.current = current;
    }

    private synchronized String alias() {
        var pair = current.get();
        if (!pair.equals(newest)) {
            newest = pair;
            var next = generation.incrementAndGet();
            known.put("edge-" + next, pair);
            known.remove("edge-" + (next - 2));
        }
        return "edge-" + generation.get();
    }

    private @Nullable String alias(String keyType) {
        var alias = alias();
        var pair = known.get(alias);
        return pair != null && pair.key().getAlgorithm().equals(keyType) ? alias : null;
    }

    @Override
    public @Nullable String chooseEngineServerAlias(
            String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
        return alias(keyType);
    }

    @Override
    public @Nullable String chooseServerAlias(String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return alias(keyType);
    }

    @Override
    public String[] getServerAliases(String keyType, Principal @Nullable [] issuers) {
        var alias = alias(keyType);
        return alias == null ? NONE : new String[] {alias};
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
        var pair = known.get(alias);
        return pair == null ? null : pair.chain().toArray(X509Certificate[]::new);
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
        var pair = known.get(alias);
        return pair == null ? null : pair.key();
    }

    @Override
    public String[] getClientAliases(String keyType, Principal @Nullable [] issuers) {
        return NONE;
    }

    @Override
    public @Nullable String chooseClientAlias(
            String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return null;
    }
}
