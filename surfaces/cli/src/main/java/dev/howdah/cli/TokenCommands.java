package dev.howdah.cli;

import dev.howdah.api.model.ApiPaths;
import dev.howdah.api.model.CreateToken;
import dev.howdah.api.model.Token;
import dev.howdah.api.model.TokenSecret;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "token",
        aliases = "tokens",
        description = "Credentials for the API.",
        footerHeading = Examples.HEADING,
        footer = "  howdah tokens list")
final class TokenCommands {
    private static final Table<Token> TABLE = Table.<Token>of("NAME", Token::name)
            .and("ID", Token::id)
            .and("ROLE", Token::role)
            .and("PROJECT", token -> token.projectId().orElse("all"))
            .and("CREATED", Token::createdAt)
            .and("CREATED BY", Token::createdBy)
            .and("LAST USED", Token::lastUsedAt)
            .and("REVOKED", Token::revokedAt);

    @Command(
            name = "create",
            description = "Makes a token and shows its secret, this once.",
            footerHeading = Examples.HEADING,
            footer = "  howdah token create ci --role write --project shop")
    int create(
            @Mixin ApiOptions api,
            @Parameters(paramLabel = "NAME", description = "Its name, for people and the audit log.") String name,
            @Option(
                            names = "--role",
                            paramLabel = "ROLE",
                            defaultValue = "read",
                            description = "read, write or admin (default: ${DEFAULT-VALUE}).")
                    String role,
            @Option(names = "--project", paramLabel = "PROJECT", description = "The one project it reaches; else all.")
                    Optional<String> project) {
        try (var client = api.client()) {
            var made = client.post(ApiPaths.TOKENS, new CreateToken(name, role, project));
            api.output().one(made, TokenSecret.class, secret -> {
                api.output()
                        .say("Token %s. Its secret is shown this once:"
                                .formatted(Text.oneLine(secret.token().name())));
                api.output()
                        .fields(
                                "id", secret.token().id(),
                                "secret", secret.secret(),
                                "role", secret.token().role());
            });
        }
        return ExitCode.SUCCESS;
    }

    @Command(
            name = "list",
            description = "Lists the tokens, without their secrets.",
            footerHeading = Examples.HEADING,
            footer = "  howdah tokens list")
    int list(@Mixin ApiOptions api) {
        try (var client = api.client()) {
            var tokens = client.list(ApiPaths.TOKENS, Integer.MAX_VALUE);
            api.output().list(tokens, Token.class, TABLE, "There are no tokens.");
        }
        return ExitCode.SUCCESS;
    }

    @Command(
            name = "delete",
            description = "Revokes a token at once.",
            footerHeading = Examples.HEADING,
            footer = "  howdah token delete tok_0123456789ab")
    int delete(
            @Mixin ApiOptions api,
            @Parameters(paramLabel = "TOKEN", description = "Its id or name.") String token,
            @Option(names = "--yes", description = "For scripts: accepted, though this does not ask.") boolean yes) {
        try (var client = api.client()) {
            client.delete(ApiPaths.token(token));
            api.output().say("Token %s is revoked.".formatted(Text.oneLine(token)));
        }
        return ExitCode.SUCCESS;
    }
}
