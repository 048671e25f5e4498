package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.PlatformException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The published catalogue: clients match on these words and codes. */
class ProxyErrorsTest {
    static Stream<Arguments> catalogue() {
        return Stream.of(
                Arguments.of("28000", "SSL connection is required", ProxyErrors.tlsRequired()),
                Arguments.of(
                        "28000",
                        "invalid user format: username must include branch (e.g., user.branch)",
                        ProxyErrors.branchMissingInUser()),
                Arguments.of(
                        "28P01", "password authentication failed for user \"app\"", ProxyErrors.passwordFailed("app")),
                Arguments.of("08006", "startup message too short: 3 bytes", ProxyErrors.startupTooShort(3)),
                Arguments.of(
                        "08006",
                        "incomplete startup message: expected 9 bytes, got 4",
                        ProxyErrors.startupIncomplete(9, 4)),
                Arguments.of("08006", "failed to connect to upstream", ProxyErrors.upstreamUnreachable()),
                Arguments.of(
                        "08006",
                        "connection retry timeout - branch b unavailable after 30s",
                        ProxyErrors.retryTimeout("b", Duration.ofSeconds(30))),
                Arguments.of("28000", "branch b does not exist", ProxyErrors.noSuchBranch("b")),
                Arguments.of("28000", "member m not found in branch b", ProxyErrors.noSuchMember("m", "b")),
                Arguments.of("08006", "no replica available for branch b", ProxyErrors.noReplica("b")),
                Arguments.of("08006", "no running members available for branch b", ProxyErrors.nothingRunning("b")),
                Arguments.of(
                        "28000",
                        "pooler only supports primary destinations for branch b",
                        ProxyErrors.poolerNeedsPrimary("b")),
                Arguments.of(
                        "53300",
                        "connection rejected: your IP is temporarily rate-limited after repeated failed auth attempts, retry in 47s",
                        ProxyErrors.bannedFor(47)));
    }

    @ParameterizedTest
    @MethodSource("catalogue")
    void wordsAndCodesAreThePublishedOnesAndEveryRefusalSaysWhatToDo(
            String code, String message, PlatformException error) {
        assertEquals(code, error.state().code());
        assertEquals(message, error.message());
        assertTrue(error.hint().isPresent());
    }

    @Test
    void theHintOnMissingTlsIsThePublishedOne() {
        assertEquals(
                "Use sslmode=require or connect with SSL enabled",
                ProxyErrors.tlsRequired().hint().orElseThrow());
    }

    @Test
    void noRefusalOfALoginTellsWhetherTheRoleExists() {
        for (var word : List.of("exist", "disabled", "expired", "unknown")) {
            assertFalse(ProxyErrors.passwordFailed("app").message().contains(word));
        }
    }
}
