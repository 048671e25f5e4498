package dev.howdah.app;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Real drivers, each installed from its registry, with certificate and host name checked. What passes on the direct endpoint passes on the
 * pooled one; beyond that, what applications build on the drivers runs there with more connections than a pool has.
 */
@ExtendWith(SharedPlatform.class)
class DriverMatrixIT {
    /** Prisma asks for an engine that its generated client does not use, and would fetch it from elsewhere than a registry. */
    private static final Map<String, String> PRISMA =
            Map.of("PRISMA_SCHEMA_ENGINE_BINARY", "/bin/true", "CHECKPOINT_DISABLE", "1");

    @Test
    void nodePostgresAndPostgresJs(RunningPlatform platform) throws Exception {
        Tools.need("node", "npm");
        var folder = DriverFolder.of("node");
        folder.install("package-lock.json", "npm", "ci", "--no-audit", "--no-fund");
        passesOnBoth(platform, folder.command("node", "driver.js"));
        passes(platform, platform.pooledPort(), folder.command("node", "pooled.js"));
    }

    @Test
    void prisma(RunningPlatform platform) throws Exception {
        Tools.need("node", "npm");
        var folder = DriverFolder.of("prisma");
        folder.install("package-lock.json", "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts");
        folder.command("npx", "--no-install", "prisma", "generate")
                .with(PRISMA)
                .run()
                .succeeded();
        passes(platform, platform.pooledPort(), folder.command("node", "pooled.js"));
    }

    @Test
    void psycopgAndAsyncpg(RunningPlatform platform) throws Exception {
        passesOnBoth(platform, DriverFolder.python().command("venv/bin/python", "driver.py"));
    }

    @Test
    void psycopgAsyncpgSqlAlchemyAndDjangoInNumbers(RunningPlatform platform) throws Exception {
        passes(platform, platform.pooledPort(), DriverFolder.python().command("venv/bin/python", "pooled.py"));
    }

    @Test
    void pgxAndGorm(RunningPlatform platform) throws Exception {
        Tools.need("go");
        var folder = DriverFolder.of("go");
        folder.command("go", "build", "-o", "driver", ".")
                .with(Map.of("CGO_ENABLED", "0"))
                .within(Duration.ofMinutes(10))
                .run()
                .succeeded();
        passesOnBoth(platform, folder.command("./driver"));
        passes(platform, platform.pooledPort(), folder.command("./driver", "pooled"));
    }

    @Test
    void activeRecord(RunningPlatform platform) throws Exception {
        Tools.needRuby("active_record", "pg");
        passes(platform, platform.pooledPort(), DriverFolder.of("ruby").command("ruby", "pooled.rb"));
    }

    private static void passesOnBoth(RunningPlatform platform, Command driver) throws Exception {
        passes(platform, platform.directPort(), driver);
        passes(platform, platform.pooledPort(), driver);
    }

    private static void passes(RunningPlatform platform, int port, Command driver) throws Exception {
        var result = driver.with(platform.environment(port)).run().succeeded();
        assertTrue(result.out().contains("checks passed"), result.out() + result.err());
    }
}
