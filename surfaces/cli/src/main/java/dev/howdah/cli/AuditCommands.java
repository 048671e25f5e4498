package dev.howdah.cli;

import dev.howdah.api.model.ApiPaths;
import dev.howdah.api.model.AuditEntry;
import dev.howdah.api.model.AuditVerification;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "audit",
        aliases = "audits",
        description = "Who did what through the platform.",
        footerHeading = Examples.HEADING,
        footer = "  howdah audit list")
final class AuditCommands {
    private static final Table<AuditEntry> TABLE = Table.<AuditEntry>of("AT", AuditEntry::at)
            .and("ACTOR", AuditEntry::actor)
            .and("ADDRESS", AuditEntry::address)
            .and("ACTION", AuditEntry::action)
            .and("TARGET", AuditEntry::target)
            .and("OUTCOME", AuditEntry::outcome)
            .and("DETAILS", AuditCommands::details);

    private static String details(AuditEntry entry) {
        return entry.details().isEmpty() ? "" : Json.compact(entry.details());
    }

    @Command(
            name = "list",
            description = "Lists the audit log, the newest entry first.",
            footerHeading = Examples.HEADING,
            footer = "  howdah audit list --limit 20")
    int list(
            @Mixin ApiOptions api,
            @Option(
                            names = "--limit",
                            paramLabel = "N",
                            defaultValue = "100",
                            description = "How many (default: ${DEFAULT-VALUE}).")
                    int limit) {
        try (var client = api.client()) {
            api.output().list(client.list(ApiPaths.AUDIT, limit), AuditEntry.class, TABLE, "The log is empty.");
        }
        return ExitCode.SUCCESS;
    }

    @Command(
            name = "verify",
            description = "Checks that no entry of the log was changed or removed; ends with 1 when one was.",
            footerHeading = Examples.HEADING,
            footer = "  howdah audit verify")
    int verify(@Mixin ApiOptions api) {
        try (var client = api.client()) {
            var answer = client.get(ApiPaths.AUDIT_VERIFY);
            api.output()
                    .one(answer, AuditVerification.class, found -> api.output().say(found.message()));
            return Json.to(answer, AuditVerification.class).valid() ? ExitCode.SUCCESS : ExitCode.FAILURE;
        }
    }
}
