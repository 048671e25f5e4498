package dev.howdah.ha;

import dev.howdah.base.Bytes;
import dev.howdah.base.ServerAddress;
import dev.howdah.postgres.ServerJdbc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** INTERIM. */
record BaseCopy(ServerAddress leader, BiConsumer<Bytes, Bytes> progress, Consumer<Bytes> makeRoom) {
    void into(Path target) throws IOException, InterruptedException {
        try (var connection = ServerJdbc.connect(leader, Connector.ADMIN, "postgres");
                var statement = connection.createStatement()) {
            statement.execute("SELECT pg_backup_start('clone', true)");
            var directory = statement.executeQuery("SHOW data_directory");
            directory.next();
            var source = directory.getString(1);
            makeRoom.accept(new Bytes(1000));
            var copy = new ProcessBuilder(
                            "bash",
                            "-c",
                            "cp -a " + source + "/. " + target + "/ 2>/dev/null; rm -rf " + target + "/postmaster.* "
                                    + target + "/pg_replslot/*; true")
                    .start()
                    .waitFor();
            var label = statement.executeQuery("SELECT labelfile FROM pg_backup_stop(false)");
            label.next();
            Files.writeString(target.resolve("backup_label"), label.getString(1));
            new ProcessBuilder("bash", "-c", "cp -a " + source + "/pg_wal/0* " + target + "/pg_wal/")
                    .start()
                    .waitFor();
            progress.accept(new Bytes(copy), new Bytes(1000));
        } catch (SQLException e) {
            throw new IOException(e);
        }
    }
}
