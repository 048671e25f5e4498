package dev.howdah.ha;

import dev.howdah.base.Bytes;
import dev.howdah.base.ServerAddress;
import dev.howdah.client.BaseBackup;
import dev.howdah.client.BaseBackupConfig;
import dev.howdah.client.ServerConnection;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * One base backup of a running server, with the WAL it needs to start. A server with tablespaces of its own outside the data directory is
 * refused: two instances of one host would share their directories. Customers cannot get there, since only a superuser creates a tablespace,
 * and the default role is none.
 *
 * @param progress hears what has come and the server's estimate of all
 * @param makeRoom hears once, before the first file is written, how much is to come
 */
record BaseCopy(ServerAddress source, BiConsumer<Bytes, Optional<Bytes>> progress, Consumer<Bytes> makeRoom) {
    /** The first answer comes after a checkpoint. */
    private static final Duration ANSWER_MAX = Duration.ofMinutes(10);

    void into(Path target) throws IOException {
        var login = Map.of("user", WalSender.REPLICATOR, "replication", "true", "application_name", "howdah-clone");
        try (var connection = ServerConnection.connect(source, login, ANSWER_MAX)) {
            var room = new Room();
            var config = BaseBackupConfig.cloneInto(target).withProgress((done, estimate) -> {
                room.ensure(estimate);
                progress.accept(done, estimate);
            });
            new BaseBackup(connection, config).run();
        }
    }

    /** Asks for room at the first word of how much is needed. */
    private final class Room {
        private boolean made;

        void ensure(Optional<Bytes> needed) {
            if (!made && needed.isPresent()) {
                made = true;
                makeRoom.accept(needed.get());
            }
        }
    }
}
