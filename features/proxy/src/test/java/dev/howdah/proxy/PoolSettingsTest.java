package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.testkit.TestDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PoolSettingsTest {
    private TestDirectory directory;
    private Path file;

    @BeforeEach
    void makeDirectory() {
        directory = TestDirectory.create();
        file = directory.resolve("pooler.conf");
    }

    @AfterEach
    void removeDirectory() {
        directory.close();
    }

    @Test
    void defaultsAreThePlatforms() {
        var settings = PoolSettings.DEFAULT;
        assertEquals(20, settings.defaultPoolSize());
        assertEquals(0, settings.minPoolSize());
        assertEquals(0, settings.reservePoolSize());
        assertEquals(Duration.ofSeconds(5), settings.reservePoolTimeout());
        assertEquals(10_000, settings.maxClientConnections());
        assertEquals(0, settings.maxDatabaseConnections());
        assertEquals(0, settings.maxDatabaseClientConnections());
        assertEquals(0, settings.maxUserConnections());
        assertEquals(0, settings.maxUserClientConnections());
        assertEquals(200, settings.maxPreparedStatements());
        assertEquals(200, settings.branchConnectionBudget());
        assertEquals(10, settings.maxPinnedPerPool());
        assertEquals(100, settings.maxPinnedPerBranch());
        assertEquals(Duration.ofMinutes(10), settings.pinIdleTimeout());
        assertEquals(Duration.ZERO, settings.queryTimeout());
        assertEquals(Duration.ofMinutes(2), settings.queryWaitTimeout());
        assertEquals(Duration.ZERO, settings.clientIdleTimeout());
        assertEquals(Duration.ZERO, settings.idleTransactionTimeout());
        assertEquals(Duration.ZERO, settings.transactionTimeout());
        assertEquals(Duration.ofMinutes(10), settings.serverIdleTimeout());
        assertEquals(Duration.ofHours(1), settings.serverLifetime());
        assertEquals(Duration.ofSeconds(10), settings.cancelWaitTimeout());
        assertEquals(PoolSettings.SessionGuard.CHECK, settings.sessionGuard());
        assertEquals(PoolSettings.ListenOnLoss.CLOSE, settings.listenOnLoss());
    }

    @Test
    void everyNameOfTheFileIsTaken() throws IOException {
        for (var setting : PoolSetting.values()) {
            var value = other(setting);
            Files.writeString(file, "%s = %s%n".formatted(setting.settingName(), value));
            assertEquals(value, PoolSettings.read(file).value(setting), setting.settingName());
        }
    }

    /** Another value than the default. */
    private static String other(PoolSetting setting) {
        var initial = PoolSettings.DEFAULT.value(setting);
        return initial.matches("[a-z]+")
                ? setting.allowed().replaceFirst(".*[ ](.*)\\.", "$1")
                : Long.toString(Long.parseLong(initial) + 1);
    }

    @Test
    void fileMayHaveCommentsAndEmptyLinesAndMayBeMissing() throws IOException {
        assertEquals(20, PoolSettings.read(file).defaultPoolSize());
        Files.writeString(file, """
                # of the pools

                default_pool_size=7 # enough
                  query_timeout =  1.5
                """);
        var settings = PoolSettings.read(file);
        assertEquals(7, settings.defaultPoolSize());
        assertEquals(Duration.ofMillis(1500), settings.queryTimeout());
        Files.writeString(file, "default_pool_size = 8");
        assertEquals(8, settings.readAgain().defaultPoolSize());
        assertEquals(Duration.ZERO, settings.readAgain().queryTimeout());
    }

    @Test
    void timesAreSecondsOrHaveAUnit() {
        BiConsumer<Duration, String> same = (expected, text) -> assertEquals(
                expected,
                PoolSettings.DEFAULT.with(PoolSetting.QUERY_TIMEOUT, text).queryTimeout(),
                text);
        same.accept(Duration.ofSeconds(90), "90");
        same.accept(Duration.ofMillis(250), "0.25");
        same.accept(Duration.ofNanos(10_000), "10us");
        same.accept(Duration.ofMillis(10), "10ms");
        same.accept(Duration.ofSeconds(10), "10 s");
        same.accept(Duration.ofMinutes(10), "10min");
        same.accept(Duration.ofHours(2), "2h");
        same.accept(Duration.ofDays(1), "1 d");
    }

    @Test
    void wrongValuesAreRefusedWithWhatIsAllowed() {
        for (var wrong : new String[] {"0", "-1", "ten", "10001", "", "1.5"}) {
            var error = refused(() -> PoolSettings.DEFAULT.with(PoolSetting.DEFAULT_POOL_SIZE, wrong));
            assertEquals(SqlState.INVALID_PARAMETER_VALUE, error.state());
            assertTrue(error.message().contains("default_pool_size"), error.message());
            assertTrue(
                    error.hint().orElse("").contains("1 to 10000"), error.hint().orElse(""));
        }
        for (var wrong : new String[] {"-1", "soon", "5 weeks", "99999999999999999999", "366d"}) {
            refused(() -> PoolSettings.DEFAULT.with(PoolSetting.QUERY_TIMEOUT, wrong));
        }
        var word = refused(() -> PoolSettings.DEFAULT.with(PoolSetting.SESSION_GUARD, "on"));
        assertTrue(word.hint().orElse("").contains("off, check, strict"));
        var unknown = refused(() -> PoolSetting.named("pool_sise"));
        assertEquals(SqlState.UNDEFINED_OBJECT, unknown.state());
        assertTrue(unknown.hint().orElse("").contains("min_pool_size"));
    }

    @Test
    void wrongFileNamesTheLine() throws IOException {
        for (var wrong :
                new String[] {"pool_size = 1", "default_pool_size", "default_pool_size = x", "query_timeout = 1"}) {
            Files.writeString(file, "query_timeout = 0\n" + wrong);
            var error = refused(() -> PoolSettings.read(file));
            assertTrue(error.message().contains("pooler.conf line 2: "), error.message());
        }
    }

    @Test
    void everySettingIsExplained() {
        assertTrue(Arrays.stream(PoolSetting.values())
                .noneMatch(setting ->
                        setting.meaning().isBlank() || setting.allowed().isBlank()));
    }

    private static PlatformException refused(org.junit.jupiter.api.function.Executable wrong) {
        return assertThrows(PlatformException.class, wrong);
    }
}
