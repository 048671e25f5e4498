package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The user name of a startup message taken apart: {@code role.branch}, {@code role.branch|replica} or {@code role.branch|any}. The branch is
 * what follows the last dot, so that a role's own name may hold dots.
 */
record LoginName(String role, BranchId branch, Target target) {
    private static final int ROLE_BYTES_MAX = 63;
    private static final String RESERVED = "howdah_";

    /** Which member of the branch a client asks for. */
    enum Target {
        PRIMARY,
        /** A replica, else an error. */
        REPLICA,
        /** A replica, else the primary. */
        ANY
    }

    /** Throws a {@link dev.howdah.base.PlatformException} (28000) for a name that cannot be meant. */
    static LoginName parse(String user) {
        var dot = user.lastIndexOf('.');
        if (dot <= 0) {
            throw ProxyErrors.branchMissingInUser();
        }
        var role = user.substring(0, dot);
        var rest = user.substring(dot + 1);
        var bar = rest.indexOf('|');
        var branch = bar < 0 ? rest : rest.substring(0, bar);
        if (branch.isEmpty()) {
            throw ProxyErrors.branchMissingInUser();
        }
        requireUsable(role);
        if (!BranchId.isValid(branch)) {
            throw ProxyErrors.noSuchBranch(branch);
        }
        return new LoginName(
                role, new BranchId(branch), bar < 0 ? Target.PRIMARY : target(rest.substring(bar + 1), branch));
    }

    /** Whether {@code role} is one of the platform's own names; also in upper case, which a tool may fold. */
    static boolean isReserved(String role) {
        return role.toLowerCase(Locale.ROOT).startsWith(RESERVED);
    }

    private static void requireUsable(String role) {
        if (isReserved(role)) {
            throw ProxyErrors.reservedRole(role);
        }
        var bytes = role.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > ROLE_BYTES_MAX) {
            throw ProxyErrors.roleNameTooLong(bytes);
        }
    }

    private static Target target(String suffix, String branch) {
        return switch (suffix) {
            case "replica" -> Target.REPLICA;
            case "any" -> Target.ANY;
            default -> throw ProxyErrors.noSuchMember(suffix, branch);
        };
    }
}
