package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoginNameTest {
    private static final BranchId BRANCH = new BranchId("abcdefghijkl");

    @ParameterizedTest
    @CsvSource(quoteCharacter = '§', textBlock = """
            app.abcdefghijkl,            app,          PRIMARY
            a.b.c.abcdefghijkl,          a.b.c,        PRIMARY
            "Odd 'one|x.abcdefghijkl,    "Odd 'one|x,  PRIMARY
            größe.abcdefghijkl|replica,  größe,        REPLICA
            postgres.abcdefghijkl|any,   postgres,     ANY
            """)
    void theBranchFollowsTheLastDot(String user, String role, LoginName.Target target) {
        assertEquals(new LoginName(role, BRANCH, target), LoginName.parse(user));
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            postgres,                          'invalid user format: username must include branch (e.g., user.branch)'
            postgres|replica,                  'invalid user format: username must include branch (e.g., user.branch)'
            .abcdefghijkl,                     'invalid user format: username must include branch (e.g., user.branch)'
            app.,                              'invalid user format: username must include branch (e.g., user.branch)'
            app.|replica,                      'invalid user format: username must include branch (e.g., user.branch)'
            app.nope,                          branch nope does not exist
            app.control,                       branch control does not exist
            app.ABCDEFGHIJKL,                  branch ABCDEFGHIJKL does not exist
            app.abcdefghijkl|primary2,         member primary2 not found in branch abcdefghijkl
            app.abcdefghijkl|,                 member  not found in branch abcdefghijkl
            howdah_admin.abcdefghijkl,         'role "howdah_admin" belongs to the platform and cannot log in here'
            HOWDAH_Admin.abcdefghijkl,         'role "HOWDAH_Admin" belongs to the platform and cannot log in here'
            """)
    void whatCannotBeMeantIsRefusedInPlanetScalesWords(String user, String message) {
        var refused = assertThrows(PlatformException.class, () -> LoginName.parse(user));
        assertEquals(message, refused.message());
        assertEquals("28000", refused.state().code());
    }

    @Test
    void aRoleNameHasAtMost63Bytes() {
        assertEquals(
                "ü".repeat(31), LoginName.parse("ü".repeat(31) + "." + BRANCH).role());
        var refused = assertThrows(PlatformException.class, () -> LoginName.parse("ü".repeat(32) + "." + BRANCH));
        assertEquals("invalid user format: role name has 64 bytes, PostgreSQL allows 63", refused.message());
    }
}
