package dev.howdah.cli;

import java.nio.file.Path;
import picocli.CommandLine.Mixin;

/** What every command that calls the API takes: {@code --home} and {@code --format}. */
final class ApiOptions {
    @Mixin
    private HomeOption homeOption;

    @Mixin
    private OutputOption outputOption;

    ApiOptions(Environment environment) {
        homeOption = new HomeOption(environment);
        outputOption = new OutputOption(environment);
    }

    HomeOption homeOption() {
        return homeOption;
    }

    Path home() {
        return homeOption.home();
    }

    Environment environment() {
        return homeOption.environment();
    }

    Output output() {
        return outputOption.output();
    }

    Progress progress() {
        return outputOption.progress();
    }

    ApiClient client() {
        return new ApiClient(homeOption);
    }

    /** To the platform of this home, even where the environment names another. */
    ApiClient clientOfHome() {
        return new ApiClient(homeOption, ApiAccess.ofHome(homeOption));
    }

    UsedContext context() {
        return UsedContext.read(home());
    }
}
