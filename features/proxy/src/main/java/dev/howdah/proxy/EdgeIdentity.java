package dev.howdah.proxy;

import dev.howdah.wire.ByteString;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * The certificate that clients see, ready for handshakes. Keep the one a handshake used: channel binding goes by it, also after a reload.
 *
 * @param tlsServerEndPoint RFC 5929's hash of the certificate; empty where its signature algorithm has none (Ed25519): then offer no
 *     SCRAM-SHA-256-PLUS
 */
record EdgeIdentity(CertificatePair pair, SSLContext context, Optional<ByteString> tlsServerEndPoint) {
    X509Certificate leaf() {
        return pair.leaf();
    }
}
