package dev.howdah.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "doctor",
        description = {
            "Checks whether Howdah can run well here: JDK, account, ports, disk, limits, shared memory, clock, binaries.",
            "Works whether or not the platform runs. Ends with 1 when something must be changed."
        },
        footerHeading = Examples.HEADING,
        footer = "  howdah doctor")
final class DoctorCommand implements Callable<Integer> {
    private static final Table<Finding> TABLE = Table.<Finding>of("CHECK", Finding::check)
            .and("VERDICT", Finding::verdict)
            .and("MESSAGE", Finding::message);

    @Mixin
    @SuppressWarnings("NullAway.Init") // made by picocli's factory
    private ApiOptions api;

    @Override
    public Integer call() {
        var findings = new Doctor(api.home(), api.environment()).examine();
        var output = api.output();
        switch (output.format()) {
            case JSON -> output.out().println(Json.pretty(findings));
            case CSV -> {
                output.out().print(Csv.header(Finding.class));
                findings.forEach(finding -> output.out().print(Csv.row(finding)));
            }
            case HUMAN -> {
                TABLE.lines(findings).forEach(output::say);
                findings.stream()
                        .filter(finding -> !finding.hint().isEmpty())
                        .forEach(finding -> output.say("%s: %s".formatted(finding.check(), finding.hint())));
            }
        }
        output.out().flush();
        var sick = findings.stream().anyMatch(finding -> finding.verdict() == Finding.Verdict.PROBLEM);
        return sick ? ExitCode.FAILURE : ExitCode.SUCCESS;
    }
}
