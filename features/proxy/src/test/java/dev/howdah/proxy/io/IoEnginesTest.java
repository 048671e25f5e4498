package dev.howdah.proxy.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.PlatformException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class IoEnginesTest {
    /** Says which engine is chosen where the arguments' engine is asked for, or why it is refused. */
    static final class Chooser {
        private Chooser() {}

        public static void main(String[] arguments) {
            try {
                var engines = IoEngines.choose(IoEngineChoice.valueOf(arguments[0]));
                System.out.print(engines.kind() + ": " + engines.reason());
            } catch (PlatformException e) {
                System.out.print(e.message() + " / " + e.hint());
            }
        }
    }

    @Test
    void theJavaEngineWorksEverywhere() {
        var engines = IoEngines.choose(IoEngineChoice.NIO);
        assertEquals(IoEngineChoice.NIO, engines.kind());
        assertEquals("asked for", engines.reason());
    }

    @Test
    void autoTakesTheFirstThatIsNotRefusedByName() {
        var auto = IoEngines.choose(IoEngineChoice.AUTO);
        assertNotEquals(IoEngineChoice.AUTO, auto.kind());
        assertEquals(auto.kind(), IoEngines.choose(auto.kind()).kind());
        assertTrue(auto.reason().startsWith("the best that works"), auto.reason());
    }

    @Test
    void withoutNativeAccessAutoFallsBackAndANamedEngineIsRefused() throws Exception {
        var auto = chooseWithoutNativeAccess(IoEngineChoice.AUTO);
        assertTrue(auto.startsWith("NIO: the best that works; not "), auto);
        var named = chooseWithoutNativeAccess(IoEngineChoice.EPOLL);
        assertTrue(named.startsWith("the I/O engine epoll does not work here: "), named);
        assertTrue(named.contains("--enable-native-access"), named);
    }

    private static String chooseWithoutNativeAccess(IoEngineChoice asked) throws IOException {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var process = new ProcessBuilder(
                        java,
                        "--illegal-native-access=deny",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Chooser.class.getName(),
                        asked.name())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (var output = new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)) {
            return output.readAllAsString();
        }
    }

    @Test
    void settingsNameEnginesInLowerCase() {
        for (var choice : IoEngineChoice.values()) {
            assertEquals(Optional.of(choice), IoEngineChoice.parse(choice.text()));
        }
        assertEquals("io_uring", IoEngineChoice.IO_URING.text());
        assertEquals(Optional.empty(), IoEngineChoice.parse("IO_URING"));
        assertEquals(Optional.empty(), IoEngineChoice.parse("kqueue"));
    }

    @Test
    void aNamedEngineIsNeverReplacedByAnother() {
        for (var asked : new IoEngineChoice[] {IoEngineChoice.EPOLL, IoEngineChoice.IO_URING}) {
            if (IoEngines.isKnownLinux()) {
                assertEquals(asked, EngineBed.engines(asked).kind());
            } else {
                assertThrows(PlatformException.class, () -> IoEngines.choose(asked));
            }
        }
    }
}
