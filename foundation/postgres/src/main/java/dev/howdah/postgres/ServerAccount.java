package dev.howdah.postgres;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The operating-system account that servers run as: the current one, or the system account {@code howdah} when the current one is root, which
 * PostgreSQL refuses. Never {@code nobody}: whatever else ran as that could log in as superuser.
 */
public final class ServerAccount {
    private static final String SYSTEM_ACCOUNT = "howdah";
    private static final int CREATION_TRIES_MAX = 5;
    private static final Set<PosixFilePermission> PRIVATE = PosixFilePermissions.fromString("rwx------");

    private final String platformUser;
    private final String name;
    private final List<String> prefix;
    private final int userId;
    private final int groupId;

    private ServerAccount(String platformUser, String name, List<String> prefix, int userId, int groupId) {
        this.platformUser = platformUser;
        this.name = name;
        this.prefix = prefix;
        this.userId = userId;
        this.groupId = groupId;
    }

    /** Creates the system account when the current one is root and it is missing. */
    public static ServerAccount current() {
        var user = currentUser();
        if (Signals.effectiveUser() != 0) {
            return new ServerAccount(user, user, List.of(), Signals.effectiveUser(), -1);
        }
        var setpriv = Command.find("setpriv")
                .orElseThrow(() ->
                        missing("setpriv", "Install util-linux, or start the platform as another user than root."));
        var userId = systemAccountId();
        var groupId = Command.run(List.of("id", "-g", SYSTEM_ACCOUNT)).output();
        return new ServerAccount(
                user,
                SYSTEM_ACCOUNT,
                List.of(setpriv, "--reuid=" + userId, "--regid=" + groupId, "--clear-groups", "--"),
                Integer.parseInt(userId),
                Integer.parseInt(groupId));
    }

    public String name() {
        return name;
    }

    /** Whether servers run as another account than this program, that is, whether this program is root. */
    public boolean differs() {
        return !prefix.isEmpty();
    }

    /** The names under which the platform's own processes meet a server: this program's and the account's. */
    public Set<String> platformUsers() {
        return differs() ? Set.of(platformUser, name) : Set.of(name);
    }

    /** The command line that runs a command as this account. */
    public List<String> command(List<String> command) {
        return Command.join(prefix, command);
    }

    /** As {@link #command}, in a session of its own, so that a terminal's Ctrl-C or hang-up does not reach it. */
    List<String> sessionCommand(List<String> command) {
        var session = Command.find("setsid").map(List::of).orElse(List.of());
        return Command.join(session, command(command));
    }

    /** Gives one file or directory to the account. */
    public void own(Path path) {
        if (!differs()) {
            return;
        }
        try {
            Files.setAttribute(path, "unix:uid", userId, LinkOption.NOFOLLOW_LINKS);
            Files.setAttribute(path, "unix:gid", groupId, LinkOption.NOFOLLOW_LINKS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Gives a directory and everything in it to the account. Symbolic links are not followed. */
    public void ownTree(Path directory) {
        if (!differs()) {
            return;
        }
        try {
            Files.walkFileTree(directory, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
                    own(path);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) {
                    own(path);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes a directory (mode 0700) of the account, missing parents too; one that exists is left as it is. */
    public Path directory(Path directory) {
        var missing = new ArrayDeque<Path>();
        for (Path path = directory.toAbsolutePath(); path != null && !Files.exists(path); path = path.getParent()) {
            missing.push(path);
        }
        for (var path : missing) {
            makeOne(path);
        }
        return directory;
    }

    /** Refuses a path that the account cannot get to, naming the directory that stops it. */
    void requireReachable(Path path) {
        if (!differs()) {
            return;
        }
        var closed = Optional.<Path>empty();
        for (Path at = path.toAbsolutePath().getParent(); at != null; at = at.getParent()) {
            if (Files.exists(at) && !mayEnter(at)) {
                closed = Optional.of(at);
            }
        }
        if (closed.isPresent()) {
            throw new PlatformException(
                    SqlState.INSUFFICIENT_PRIVILEGE,
                    "the account %s, which runs the servers, cannot enter the directory %s on the way to %s"
                            .formatted(name, closed.get(), path),
                    "Choose another directory, or allow it with: chmod o+x " + closed.get());
        }
    }

    /** Refuses a data directory that belongs to somebody else: PostgreSQL would too, less clearly. */
    void requireOwned(Path directory) {
        try {
            var owner = Files.getOwner(directory, LinkOption.NOFOLLOW_LINKS).getName();
            if (!owner.equals(name)) {
                throw new PlatformException(
                        SqlState.INSUFFICIENT_PRIVILEGE,
                        "the data directory %s belongs to %s, but servers run as %s".formatted(directory, owner, name),
                        "Start the platform as the directory's owner, or give it away with: chown -R %s %s"
                                .formatted(name, directory));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean mayEnter(Path directory) {
        try {
            var attributes = Files.readAttributes(directory, PosixFileAttributes.class);
            var needed = PosixFilePermission.OTHERS_EXECUTE;
            if (attributes.owner().getName().equals(name)) {
                needed = PosixFilePermission.OWNER_EXECUTE;
            } else if (attributes.group().getName().equals(name)) {
                needed = PosixFilePermission.GROUP_EXECUTE;
            }
            return attributes.permissions().contains(needed);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void makeOne(Path path) {
        try {
            Files.createDirectory(path, PosixFilePermissions.asFileAttribute(PRIVATE));
            own(path);
        } catch (IOException e) {
            if (!Files.isDirectory(path)) { // else another process made it at the same moment
                throw new PlatformException(
                        SqlState.IO_ERROR,
                        "the directory %s cannot be made: %s".formatted(path, e),
                        "Check the permissions and the free space of its parent.",
                        e);
            }
        }
    }

    // Two processes may want the account at once; useradd locks, so the loser finds it there when it looks again.
    private static String systemAccountId() {
        var created = new Command.Outcome(0, "");
        for (var tries = 0; tries < CREATION_TRIES_MAX; tries++) {
            var id = Command.run(List.of("id", "-u", SYSTEM_ACCOUNT));
            if (id.succeeded()) {
                return id.output();
            }
            var useradd = Command.find("useradd")
                    .orElseThrow(() -> missing(
                            "useradd", "Create a system account named howdah, or start the platform as another user."));
            created = Command.run(List.of(
                    useradd,
                    "--system",
                    "--user-group",
                    "--no-create-home",
                    "--shell",
                    "/usr/sbin/nologin",
                    SYSTEM_ACCOUNT));
        }
        throw new PlatformException(
                SqlState.INTERNAL_ERROR,
                "the system account howdah could not be created: " + created.output(),
                "Create it, or start the platform as another user than root.");
    }

    private static PlatformException missing(String tool, String hint) {
        return new PlatformException(
                SqlState.FEATURE_NOT_SUPPORTED,
                "started as root, which PostgreSQL refuses, and the program %s is missing".formatted(tool),
                hint);
    }

    // The name that a server sees in peer authentication; the property user.name could be set to anything.
    private static String currentUser() {
        var self = Path.of("/proc/self");
        try {
            return Files.exists(self) ? Files.getOwner(self).getName() : System.getProperty("user.name");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
