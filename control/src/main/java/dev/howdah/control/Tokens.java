package dev.howdah.control;

import dev.howdah.base.PlatformException;
import dev.howdah.base.ProjectId;
import dev.howdah.base.Secrets;
import dev.howdah.base.SqlState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.jdbi.v3.core.JdbiException;

/**
 * The credentials of the API. Only their SHA-256 is kept: they are random enough that nothing slower is needed. While the control database is
 * away, tokens that were good since this start stay good. Thread-safe.
 */
public final class Tokens {
    /** The file in {@code run/} with the local token. */
    public static final String LOCAL_FILE = "token";

    private static final String LIST = "tokens";
    private static final Pattern FORM = Pattern.compile("howdah_sk_[0-9A-Za-z]{40}");
    private static final Duration USE_NOTED_EVERY = Duration.ofMinutes(1);
    private static final int REMEMBERED_MAX = 1000;

    private final ControlDatabase database;
    private final AuditLog audit;
    private final Projects projects;
    private final Path run;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Map<String, Principal> remembered = new LinkedHashMap<>();
    private volatile byte[] localSha256 = new byte[0];

    Tokens(
            ControlDatabase database,
            AuditLog audit,
            Projects projects,
            Path run,
            InstantSource clock,
            RandomGenerator random) {
        this.database = database;
        this.audit = audit;
        this.projects = projects;
        this.run = run;
        this.clock = clock;
        this.random = random;
    }

    /** Makes a token for the whole platform, or for one project by id or name. Its secret can be read from the answer only. */
    public TokenWithSecret create(Actor actor, String name, Optional<String> project, Access access) {
        return audit.around(actor, "token.create", Names.quoted(name), () -> {
            Names.resource("token", name);
            var scope = project.map(projects::find).map(Project::id);
            var secret = Secrets.apiToken(random);
            var token = new Token(
                    Rows.id("token_", random),
                    name,
                    scope,
                    access,
                    actor.name(),
                    clock.instant(),
                    Optional.empty(),
                    Optional.empty());
            insert(actor, token, Hashes.sha256(secret));
            return new TokenWithSecret(token, secret);
        });
    }

    /** Tokens, revoked ones included, in the order they were made; a token of one project sees that project's. */
    public Page<Token> list(Principal principal, PageRequest page) {
        var after = Cursors.number(LIST, page, 0);
        var rows = database.read(handle -> handle.createQuery("""
                        SELECT * FROM token WHERE position > :after AND (:project = '' OR project = :project)
                        ORDER BY position LIMIT :limit""")
                .bind("after", after)
                .bind("project", principal.project().map(ProjectId::value).orElse(""))
                .bind("limit", page.limit() + 1)
                .map((row, context) -> Map.entry(row.getLong("position"), token(row)))
                .list());
        return Cursors.page(LIST, page, rows, Map.Entry::getKey, Map.Entry::getValue);
    }

    /** By id, or by the name of one that is not revoked. */
    public Token find(String idOrName) {
        return database.read(handle -> handle.createQuery(
                                "SELECT * FROM token WHERE id = :key OR (name = :key AND revoked_at IS NULL)")
                        .bind("key", idOrName.replace('\0', '.'))
                        .map((row, context) -> token(row))
                        .findFirst())
                .orElseThrow(() -> PlatformException.notFound(
                        "token %s does not exist".formatted(Names.quoted(idOrName)),
                        "List them with: howdah tokens list"));
    }

    /** Ends the token: the next request with it is refused. Revoking a second time changes nothing. */
    public Token revoke(Actor actor, String idOrName) {
        return audit.around(actor, "token.revoke", Names.quoted(idOrName), () -> {
            var found = find(idOrName);
            if (found.revokedAt().isEmpty()) {
                database.transaction(handle -> {
                    audit.record(handle, actor, "token.revoke", found.id(), Map.of("name", found.name()));
                    return handle.createUpdate("UPDATE token SET revoked_at = :now WHERE id = :id")
                            .bind("now", clock.instant())
                            .bind("id", found.id())
                            .execute();
                });
            }
            synchronized (remembered) {
                remembered.values().removeIf(p -> p.tokenId().equals(found.id()));
            }
            return find(found.id());
        });
    }

    /**
     * Whom the token stands for; 28000, with one text for every reason, when it is none of ours or was revoked.
     *
     * @param address of the client, for the audit log
     */
    public Principal authenticate(String secret, String address) {
        var sha256 = Hashes.sha256(secret);
        if (MessageDigest.isEqual(sha256, localSha256)) {
            return new Principal("local", "local", Optional.empty(), Access.ADMIN);
        }
        var found = FORM.matcher(secret).matches() ? lookUp(sha256) : Optional.<Principal>empty();
        return found.orElseThrow(() -> refused(address));
    }

    /**
     * Makes a new local token and writes it to {@code run/token}, readable by the owner only. It has every right, works without the control
     * database, and lives as long as this job; nothing else keeps it.
     */
    public Path ensureLocal() {
        var secret = Secrets.apiToken(random);
        var file = run.resolve(LOCAL_FILE);
        try {
            var ownerOnly = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
            var temporary = Files.createTempFile(run, LOCAL_FILE, ".new", ownerOnly);
            Files.writeString(temporary, secret + "\n");
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException("the local token could not be written to " + file, e);
        }
        localSha256 = Hashes.sha256(secret);
        return file;
    }

    private Optional<Principal> lookUp(byte[] sha256) {
        var key = HexFormat.of().formatHex(sha256);
        try {
            var found = database.read(handle -> handle.createQuery(
                            "SELECT * FROM token WHERE secret_sha256 = :sha256 AND revoked_at IS NULL")
                    .bind("sha256", sha256)
                    .map((row, context) -> token(row))
                    .findOne());
            found.ifPresent(this::noteUse);
            var principal = found.map(t -> new Principal(t.id(), t.name(), t.project(), t.access()));
            remember(key, principal);
            return principal;
        } catch (PlatformException e) {
            if (e.state() != SqlState.CANNOT_CONNECT_NOW) {
                throw e;
            }
            synchronized (remembered) {
                var known = Optional.ofNullable(remembered.get(key));
                if (known.isEmpty()) {
                    throw e; // not known to be wrong: "try again" is the honest answer
                }
                return known;
            }
        }
    }

    private void remember(String key, Optional<Principal> principal) {
        synchronized (remembered) {
            remembered.remove(key);
            principal.ifPresent(p -> remembered.put(key, p));
            if (remembered.size() > REMEMBERED_MAX) {
                remembered.remove(remembered.keySet().iterator().next());
            }
        }
    }

    private void noteUse(Token token) {
        var now = clock.instant();
        if (token.lastUsedAt()
                .map(last -> last.plus(USE_NOTED_EVERY).isAfter(now))
                .orElse(false)) {
            return;
        }
        database.transaction(handle -> handle.createUpdate("UPDATE token SET last_used_at = :now WHERE id = :id")
                .bind("now", now)
                .bind("id", token.id())
                .execute());
    }

    private PlatformException refused(String address) {
        audit.offer(new Actor("unknown", address), "token.authenticate", "api", AuditEntry.Outcome.REFUSED, Map.of());
        return new PlatformException(
                SqlState.INVALID_AUTHORIZATION_SPECIFICATION,
                "the API token is not known or was revoked",
                "On the platform's own machine the CLI reads run/token by itself; elsewhere make one with: howdah tokens create");
    }

    private void insert(Actor actor, Token token, byte[] sha256) {
        try {
            database.transaction(handle -> {
                handle.createUpdate("""
                                INSERT INTO token (id, name, secret_sha256, project, access, created_by, created_at)
                                VALUES (:id, :name, :sha256, :project, :access, :by, :at)""")
                        .bind("id", token.id())
                        .bind("name", token.name())
                        .bind("sha256", sha256)
                        .bind("project", token.project().map(ProjectId::value))
                        .bind("access", token.access().name())
                        .bind("by", token.createdBy())
                        .bind("at", token.createdAt())
                        .execute();
                var details = Map.of(
                        "name", token.name(), "access", token.access().name().toLowerCase(Locale.ROOT));
                audit.record(handle, actor, "token.create", token.id(), details);
                return token;
            });
        } catch (JdbiException e) {
            if (ControlDatabase.isDuplicate(e)) {
                throw PlatformException.duplicate(
                        "token \"%s\" exists already".formatted(token.name()),
                        "Choose another name or revoke it first.");
            }
            throw e;
        }
    }

    private static Token token(ResultSet row) throws SQLException {
        return new Token(
                row.getString("id"),
                row.getString("name"),
                Optional.ofNullable(row.getString("project")).map(ProjectId::new),
                Access.valueOf(row.getString("access")),
                row.getString("created_by"),
                Rows.instant(row, "created_at"),
                Rows.optionalInstant(row, "last_used_at"),
                Rows.optionalInstant(row, "revoked_at"));
    }
}
