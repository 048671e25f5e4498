package dev.howdah.app;

import dev.howdah.wire.ByteString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.random.RandomGenerator;

/** What the salts of roles that do not exist are made from: kept, so that such a role's salt is the same after a restart, as a real one's is. */
final class MockSecret {
    private static final int BYTES = 32;

    private MockSecret() {}

    static ByteString of(Path tls, RandomGenerator random) {
        var file = tls.resolve("mock-secret");
        try {
            if (Files.notExists(file)) {
                var secret = new byte[BYTES];
                random.nextBytes(secret);
                var ownerOnly = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
                var temporary = Files.createTempFile(tls, "mock-secret", ".new", ownerOnly);
                Files.write(temporary, secret);
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
            }
            return ByteString.of(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
