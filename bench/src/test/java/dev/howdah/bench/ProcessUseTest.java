package dev.howdah.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProcessUseTest {
    private static final List<String> STATUS = List.of("Name:\tjava", "VmHWM:\t  204800 kB", "VmRSS:\t  102400 kB");

    @Test
    void userAndSystemTimeAreTheFourteenthAndFifteenthField() {
        var stat = "4711 (java) S 1 4711 4711 0 -1 4194304 9 0 0 0 150 25 7 8 20 0 30 0 1 2 3 4";
        assertEquals(new ProcessUse(1.5, 0.25, 100), ProcessUse.parse(stat, STATUS));
    }

    @Test
    void aNameMayHoldBlanksAndParentheses() {
        var stat = "4711 (tmux: (a) b) R 1 4711 4711 0 -1 4194304 9 0 0 0 150 25 7 8 20 0 30 0 1 2 3 4";
        assertEquals(1.5, ProcessUse.parse(stat, STATUS).userSeconds());
    }

    @Test
    void somethingElseIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> ProcessUse.parse("4711 java S 1", STATUS));
    }

    @Test
    void thisProcessUsesSomething() throws IOException {
        var self = List.of(ProcessHandle.current().pid());
        var before = ProcessUse.of(self);
        assertTrue(before.residentMegabytes() > 1, before.toString());
        assertTrue(before.userSeconds() > 0, before.toString());
    }

    @Test
    void severalProcessesAreAddedUp() throws IOException {
        var self = ProcessHandle.current().pid();
        assertTrue(ProcessUse.of(List.of(self, self)).residentMegabytes()
                > 1.5 * ProcessUse.of(List.of(self)).residentMegabytes());
        assertEquals(0, ProcessUse.of(List.of()).userSeconds());
    }
}
