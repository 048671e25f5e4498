package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.proxy.sql.SqlText;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What a client may do on a replication connection. The rules:
 *
 * <ul>
 *   <li>Both modes of the startup parameter {@code replication} may log in (PostgreSQL itself asks for the REPLICATION attribute); what counts
 *       are the commands, since {@code replication=database} reaches every one of them.
 *   <li>BASE_BACKUP, UPLOAD_MANIFEST, physical START_REPLICATION and physical CREATE_REPLICATION_SLOT need the platform's {@code physical} grant:
 *       they hand out the whole cluster or hold back its WAL. What is not clearly logical counts as physical.
 *   <li>Slots named {@code howdah_*} are the platform's in every command but READ_REPLICATION_SLOT.
 *   <li>Nobody may stream under the name of a member of the branch, present or future: PostgreSQL counts a standby for the quorum by its
 *       {@code application_name} alone, and any role with REPLICATION could else release commits that no replica holds.
 *   <li>Everything else passes, SQL included: PostgreSQL checks it as on any connection.
 * </ul>
 *
 * The server takes a text for a command only when its first word is one, in capitals, without a comment before it; in small letters it is SQL,
 * and bad SQL. Here both count as the command, which errs on the safe side.
 */
final class ReplicationGuard {
    private static final Verdict PASS = new Verdict.Pass();
    private static final Set<String> TRUE = Set.of("t", "tr", "tru", "true", "y", "ye", "yes", "on", "1");
    private static final Set<String> FALSE = Set.of("f", "fa", "fal", "fals", "false", "n", "no", "of", "off", "0");

    private final BranchId branch;
    private final boolean physicalGranted;

    /** The startup parameter {@code replication}. */
    enum Mode {
        NONE,
        PHYSICAL,
        DATABASE
    }

    sealed interface Verdict {
        record Pass() implements Verdict {}

        /** Send it as an ERROR; the connection goes on. */
        record Refuse(PlatformException error) implements Verdict {}

        /** Ask the server {@code SHOW application_name}, hand the answer to {@link #checkApplicationName}, only then forward. */
        record AskApplicationName() implements Verdict {}
    }

    ReplicationGuard(BranchId branch, boolean physicalGranted) {
        this.branch = branch;
        this.physicalGranted = physicalGranted;
    }

    /** As PostgreSQL reads it; empty for a value it refuses. */
    static Optional<Mode> mode(String parameter) {
        if (parameter.equals("database")) {
            return Optional.of(Mode.DATABASE);
        }
        var word = parameter.toLowerCase(Locale.ROOT);
        if (TRUE.contains(word)) {
            return Optional.of(Mode.PHYSICAL);
        }
        return FALSE.contains(word) ? Optional.of(Mode.NONE) : Optional.empty();
    }

    /** The text of a Query message; see {@link SqlText}. The server refuses the extended protocol on these connections by itself. */
    Verdict inspect(String command) {
        var words = ReplicationWord.first(command, 4);
        if (words.isEmpty() || words.getFirst().quoted()) {
            return PASS;
        }
        return switch (words.getFirst().text().toUpperCase(Locale.ROOT)) {
            case "BASE_BACKUP" -> physical("BASE_BACKUP", PASS);
            case "UPLOAD_MANIFEST" -> physical("UPLOAD_MANIFEST", PASS);
            case "START_REPLICATION" -> start(words);
            case "CREATE_REPLICATION_SLOT" -> create(words);
            case "DROP_REPLICATION_SLOT", "ALTER_REPLICATION_SLOT" -> slot(words, 1, PASS);
            default -> PASS;
        };
    }

    /** For the startup parameter and for the server's answer; empty when the name may be used. */
    Optional<PlatformException> checkApplicationName(String name) {
        var memberName = Pattern.compile(Pattern.quote(branch.value()) + "-[0-9]+", Pattern.CASE_INSENSITIVE);
        return memberName.matcher(name).matches() ? Optional.of(ProxyErrors.memberNameTaken(name)) : Optional.empty();
    }

    private Verdict start(List<ReplicationWord> words) {
        var hasSlot = words.size() > 1 && words.get(1).is("SLOT");
        var ask = hasSlot ? slot(words, 2, new Verdict.AskApplicationName()) : new Verdict.AskApplicationName();
        var logical = hasSlot && words.size() > 3 && words.get(3).is("LOGICAL");
        return logical ? ask : physical("START_REPLICATION PHYSICAL", ask);
    }

    private Verdict create(List<ReplicationWord> words) {
        var kind = words.size() > 3 && words.get(2).is("TEMPORARY") ? 3 : 2;
        var verdict = slot(words, 1, PASS);
        var logical = words.size() > kind && words.get(kind).is("LOGICAL");
        return logical ? verdict : physical("CREATE_REPLICATION_SLOT PHYSICAL", verdict);
    }

    private Verdict physical(String command, Verdict whenGranted) {
        return physicalGranted ? whenGranted : new Verdict.Refuse(ProxyErrors.physicalReplicationRefused(command));
    }

    private static Verdict slot(List<ReplicationWord> words, int position, Verdict otherwise) {
        if (words.size() > position && LoginName.isReserved(words.get(position).text())) {
            var name = SqlText.readable(words.get(position).text());
            return new Verdict.Refuse(ProxyErrors.platformSlot(name));
        }
        return otherwise;
    }
}
