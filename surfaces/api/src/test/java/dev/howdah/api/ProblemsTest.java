package dev.howdah.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.base.SqlState.Blame;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ProblemsTest {
    @ParameterizedTest
    @CsvSource({
        "UNDEFINED_OBJECT,404",
        "DUPLICATE_OBJECT,409",
        "OBJECT_IN_USE,409",
        "DEPENDENT_OBJECTS_STILL_EXIST,409",
        "OBJECT_NOT_IN_PREREQUISITE_STATE,409",
        "INVALID_PASSWORD,401",
        "INSUFFICIENT_PRIVILEGE,403",
        "INVALID_PARAMETER_VALUE,400",
        "INVALID_NAME,400",
        "SYNTAX_ERROR,400",
        "RESERVED_NAME,400",
        "TOO_MANY_CONNECTIONS,429",
        "CANNOT_CONNECT_NOW,503",
        "CONNECTION_FAILURE,503",
        "DISK_FULL,507",
        "INTERNAL_ERROR,500"
    })
    void everyStateHasItsStatus(SqlState state, int status) {
        assertEquals(status, Problems.status(state));
    }

    @ParameterizedTest
    @EnumSource
    void whatTheClientCanMendIsNeverAServerError(SqlState state) {
        if (state.blame() == Blame.CLIENT
                && state != SqlState.FEATURE_NOT_SUPPORTED
                && state != SqlState.QUERY_CANCELED
                && state != SqlState.IDLE_SESSION_TIMEOUT) {
            assertTrue(Problems.status(state) < 500, state.name());
        }
    }

    @Test
    void messageHintAndCodeOfTheFailureAreShown() {
        var failure = PlatformException.duplicate("project \"a\" exists", "Choose another name.");

        var reply = Problems.of(failure, "/v1/projects", "id1");

        assertEquals("duplicate_object", reply.problem().code());
        assertEquals("urn:howdah:problem:duplicate_object", reply.problem().type());
        assertEquals("project \"a\" exists", reply.problem().detail());
        assertEquals(Optional.of("Choose another name."), reply.problem().hint());
        assertEquals("/v1/projects", reply.problem().instance());
    }

    @Test
    void anInternalErrorOfThePlatformKeepsItsMessageToItself() {
        var failure = new PlatformException(SqlState.INTERNAL_ERROR, "the secret is 42", "42");

        var problem = Problems.of(failure, "/v1/projects", "id1").problem();

        assertEquals(500, problem.status());
        assertFalse(problem.toString().contains("42"));
        assertTrue(problem.hint().orElse("").contains("id1"));
    }
}
