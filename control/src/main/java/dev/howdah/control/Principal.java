package dev.howdah.control;

import dev.howdah.base.PlatformException;
import dev.howdah.base.ProjectId;
import dev.howdah.base.SqlState;
import java.util.Locale;
import java.util.Optional;

/**
 * Whom a token stands for.
 *
 * @param project the one project it may touch; empty for the whole platform
 */
public record Principal(String tokenId, String name, Optional<ProjectId> project, Access access) {
    /** The same one as the audit log names it, coming from {@code address}. */
    public Actor actor(String address) {
        return new Actor(name, address);
    }

    /** Refuses with 42501 unless this token has {@code needed} for the whole platform. */
    public void requirePlatform(Access needed) {
        if (project.isPresent()) {
            throw refused(
                    "this token is limited to project %s".formatted(project.get()), "Use a token of the platform.");
        }
        requireAccess(needed);
    }

    /** Refuses unless this token has {@code needed} for {@code wanted}. Another project looks as if it did not exist. */
    public void requireProject(ProjectId wanted, Access needed) {
        if (!maySee(wanted)) {
            throw Projects.unknown(wanted.value());
        }
        requireAccess(needed);
    }

    /** Whether the project is in this token's reach at all. */
    public boolean maySee(ProjectId wanted) {
        return project.isEmpty() || project.get().equals(wanted);
    }

    private void requireAccess(Access needed) {
        if (access.compareTo(needed) < 0) {
            throw refused(
                    "this needs a token with role %s, and \"%s\" has role %s"
                            .formatted(text(needed), name, text(access)),
                    "Make one with: howdah tokens create --role " + text(needed));
        }
    }

    private static String text(Access access) {
        return access.name().toLowerCase(Locale.ROOT);
    }

    private static PlatformException refused(String message, String hint) {
        return new PlatformException(SqlState.INSUFFICIENT_PRIVILEGE, message, hint);
    }
}
