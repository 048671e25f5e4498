package dev.howdah.app;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.howdah.testkit.VerifyScale;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Whether the time of a refusal tells a role that exists from one that does not. Interleaved, from an address that is never banned. */
@ExtendWith(SharedPlatform.class)
class LoginTimingIT {
    private static final int PAIRS = 500;
    private static final int WARM_UP = 50;
    private static final double SHARE = 0.05;
    private static final double MICROS = 150;

    @Test
    void anUnknownRoleAndAWrongPasswordTakeTheSameTime(RunningPlatform platform) {
        assumeTrue(VerifyScale.current() == VerifyScale.LONG, "on a busy machine 5 % of a login is noise");
        var known = new ArrayList<Double>();
        var unknown = new ArrayList<Double>();
        for (var i = 0; i < WARM_UP + PAIRS; i++) {
            var first = refusalMicros(platform, "postgres");
            var second = refusalMicros(platform, "nobody");
            if (i >= WARM_UP) {
                known.add(first);
                unknown.add(second);
            }
        }
        var difference = Math.abs(median(known) - median(unknown));
        System.out.printf(
                "refusal of a wrong password %.0f us, of an unknown role %.0f us (medians of %d)%n",
                median(known), median(unknown), PAIRS);
        assertTrue(
                difference <= Math.max(SHARE * median(known), MICROS),
                "%.0f us against %.0f us".formatted(median(known), median(unknown)));
    }

    private static double refusalMicros(RunningPlatform platform, String role) {
        var begin = System.nanoTime();
        assertThrows(SQLException.class, () -> platform.connect(role + "." + platform.branch(), "wrong", Map.of()));
        return (System.nanoTime() - begin) / 1e3;
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }
}
