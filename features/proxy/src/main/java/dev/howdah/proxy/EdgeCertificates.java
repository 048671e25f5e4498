package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.wire.ChannelBinding;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import org.bouncycastle.asn1.x509.GeneralName;

/**
 * The certificate of the client-facing ports: one of our own authority's, or the operator's. Thread-safe; sessions under way keep the one they
 * began with.
 */
public final class EdgeCertificates {
    private static final Duration LEAF_LIFETIME = Duration.ofDays(90);
    private static final Duration RENEW_BEFORE_END = Duration.ofDays(30);

    /** An operator's own certificate chain and private key, both PEM files. */
    public record OwnCertificate(Path certificate, Path key) {}

    /** What {@link #refresh} did. */
    public sealed interface Refresh {
        record Unchanged() implements Refresh {}

        record Renewed() implements Refresh {}

        /** The new files do not work; the certificate used so far stays. Said once for each reason. */
        record Kept(String reason) implements Refresh {}
    }

    /** Where a pair comes from, and whether it is time for the next. */
    private sealed interface Source {
        Optional<CertificatePair> next(Instant now) throws IOException, GeneralSecurityException;
    }

    private final InstantSource clock;
    private final Source source;
    private final Optional<Path> caFile;
    private volatile EdgeIdentity identity;
    private String saidLast = "";

    private EdgeCertificates(InstantSource clock, Source source, Optional<Path> caFile)
            throws IOException, GeneralSecurityException {
        this.clock = clock;
        this.source = source;
        this.caFile = caFile;
        this.identity = identity(source.next(clock.instant()).orElseThrow());
    }

    /**
     * Opens {@code directory}, made with mode 0700 where it is missing, or the operator's files. Throws a {@link PlatformException} that names
     * the file when one does not work.
     */
    public static EdgeCertificates open(Path directory, Optional<OwnCertificate> own, InstantSource clock) {
        try {
            if (own.isPresent()) {
                return new EdgeCertificates(clock, new OwnFiles(own.get()), Optional.empty());
            }
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            var authority = CertificateAuthority.open(directory, "edge", clock.instant());
            return new EdgeCertificates(
                    clock, new OwnAuthority(authority, directory), Optional.of(authority.certificateFile()));
        } catch (IOException | GeneralSecurityException e) {
            throw new PlatformException(
                    SqlState.IO_ERROR,
                    "no TLS certificate: " + reason(e),
                    own.isPresent()
                            ? "Give a PEM certificate chain, the leaf first, and its key without a passphrase."
                            : "Restore the files in %s, or remove all of them to make a new authority, which clients must then be given."
                                    .formatted(directory),
                    e);
        }
    }

    EdgeIdentity current() {
        return identity;
    }

    /**
     * For other listeners of the platform: a context whose new handshakes show the certificate of the moment, whatever is renewed or reloaded
     * later.
     */
    public SSLContext serverContext() {
        try {
            var context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {new CurrentKey(() -> identity.pair())}, null, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has TLS", e);
        }
    }

    /** The file for {@code sslrootcert}; empty with an operator's own certificate, whose authority we do not know. */
    public Optional<Path> caFile() {
        return caFile;
    }

    /** The certificate that clients see now. */
    public X509Certificate leaf() {
        return identity.leaf();
    }

    /** Renews or reloads when it is time; call it about every ten seconds. Sessions go on undisturbed. */
    public synchronized Refresh refresh() {
        try {
            var next = source.next(clock.instant());
            if (next.isEmpty()) {
                return new Refresh.Unchanged();
            }
            identity = identity(next.get());
            saidLast = "";
            return new Refresh.Renewed();
        } catch (IOException | GeneralSecurityException e) {
            return kept(reason(e));
        }
    }

    private Refresh kept(String reason) {
        var isNews = !reason.equals(saidLast);
        saidLast = reason;
        return isNews ? new Refresh.Kept(reason) : new Refresh.Unchanged();
    }

    private static EdgeIdentity identity(CertificatePair pair) throws IOException, GeneralSecurityException {
        return new EdgeIdentity(pair, pair.context(), ChannelBinding.tlsServerEndPoint(pair.leaf()));
    }

    private static String reason(Exception e) {
        return e instanceof NoSuchFileException ? "there is no file " + e.getMessage() : String.valueOf(e.getMessage());
    }

    /** A leaf of our authority in {@code edge.crt} and {@code edge.key}, made anew when its end is near or this host has another name. */
    private static final class OwnAuthority implements Source {
        private final CertificateAuthority authority;
        private final Path certificateFile;
        private final Path keyFile;
        private Instant renewAt = Instant.MIN;

        OwnAuthority(CertificateAuthority authority, Path directory) {
            this.authority = authority;
            this.certificateFile = directory.resolve("edge.crt");
            this.keyFile = directory.resolve("edge.key");
        }

        @Override
        public Optional<CertificatePair> next(Instant now) throws IOException, GeneralSecurityException {
            if (now.isBefore(renewAt)) {
                return Optional.empty();
            }
            var host = hostName();
            var kept = renewAt.equals(Instant.MIN) ? stored(now, host) : Optional.<CertificatePair>empty();
            var pair = kept.isPresent() ? kept.get() : issue(now, host);
            renewAt = end(pair).minus(RENEW_BEFORE_END);
            return Optional.of(pair);
        }

        private CertificatePair issue(Instant now, String host) throws IOException, GeneralSecurityException {
            var pair = authority.issueServer("localhost", names(host), LEAF_LIFETIME, now);
            pair.write(certificateFile, keyFile);
            return pair;
        }

        private Optional<CertificatePair> stored(Instant now, String host) {
            try {
                var pair = CertificatePair.read(certificateFile, keyFile);
                var signer = pair.chain().getLast();
                pair.leaf().verify(signer.getPublicKey());
                var usable = now.isBefore(end(pair).minus(RENEW_BEFORE_END))
                        && authority.isSelf(signer)
                        && covers(pair.leaf(), host);
                return usable ? Optional.of(pair) : Optional.empty();
            } catch (IOException | GeneralSecurityException e) {
                return Optional.empty(); // missing, or cut short by a crash: a leaf costs nothing to make again
            }
        }

        private static Instant end(CertificatePair pair) {
            return pair.leaf().getNotAfter().toInstant();
        }

        private static boolean covers(X509Certificate leaf, String host) throws GeneralSecurityException {
            var names = leaf.getSubjectAlternativeNames();
            return names != null && names.stream().anyMatch(name -> host.equals(name.get(1)));
        }

        private static List<GeneralName> names(String host) {
            var names = new ArrayList<GeneralName>();
            names.add(new GeneralName(GeneralName.dNSName, "localhost"));
            if (!host.equals("localhost")) {
                names.add(new GeneralName(GeneralName.dNSName, host));
            }
            names.add(new GeneralName(GeneralName.iPAddress, "127.0.0.1"));
            names.add(new GeneralName(GeneralName.iPAddress, "::1"));
            return names;
        }

        private static String hostName() {
            try {
                var name = InetAddress.getLocalHost().getHostName();
                return name.matches("[A-Za-z0-9.-]+") ? name : "localhost";
            } catch (UnknownHostException e) {
                return "localhost"; // a host whose name leads nowhere is not reached by it either
            }
        }
    }

    /** The operator's two files, read again whenever their content has changed. */
    private static final class OwnFiles implements Source {
        private final OwnCertificate files;
        private byte[] seen = new byte[0];

        OwnFiles(OwnCertificate files) {
            this.files = files;
        }

        @Override
        public Optional<CertificatePair> next(Instant now) throws IOException, GeneralSecurityException {
            var certificate = Files.readAllBytes(files.certificate());
            var key = Files.readAllBytes(files.key());
            var digest = MessageDigest.getInstance("SHA-256");
            digest.update(certificate);
            var content = digest.digest(key);
            if (MessageDigest.isEqual(content, seen)) {
                return Optional.empty();
            }
            var pair = CertificatePair.parse(certificate, key, files.certificate(), files.key());
            pair.leaf().checkValidity(Date.from(now));
            seen = content; // and not before: one that is not valid yet is tried again
            return Optional.of(pair);
        }
    }
}
