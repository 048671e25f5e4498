package dev.howdah.control;

import dev.howdah.base.BranchId;
import dev.howdah.base.MetricFamily;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** The pools of the pooled endpoint for people: what they show, and what changes them with a line in the audit log. Thread-safe. */
public final class PoolSteering {
    private final PoolerControl pooler;
    private final AuditLog audit;

    PoolSteering(PoolerControl pooler, AuditLog audit) {
        this.pooler = pooler;
        this.audit = audit;
    }

    public List<PoolerControl.Pool> pools(BranchId branch) {
        return pooler.pools(branch);
    }

    public List<PoolerControl.Client> clients(BranchId branch) {
        return pooler.clients(branch);
    }

    public List<PoolerControl.Server> servers(BranchId branch) {
        return pooler.servers(branch);
    }

    /** Those of a branch, or what holds where nothing is set for a branch. */
    public List<PoolerControl.Setting> settings(Optional<BranchId> branch) {
        return pooler.settings(branch);
    }

    public List<MetricFamily> metrics() {
        return pooler.metrics();
    }

    /** Changes one setting, of a branch or of all, and answers it as it is now. */
    public PoolerControl.Setting set(Actor actor, Optional<BranchId> branch, String name, String value) {
        return done(actor, "pools.set", target(branch), Map.of("setting", name, "value", value), () -> {
            pooler.set(branch, name, value);
            return pooler.settings(branch).stream()
                    .filter(setting -> setting.name().equalsIgnoreCase(name))
                    .findFirst()
                    .orElseThrow(() -> PlatformException.notFound(
                            "setting %s does not exist".formatted(Names.quoted(name)),
                            "List them with: howdah pools settings"));
        });
    }

    public void reload(Actor actor, Optional<BranchId> branch) {
        done(actor, "pools.reload", target(branch), Map.of(), () -> {
            pooler.reload(branch);
            return true;
        });
    }

    private static String target(Optional<BranchId> branch) {
        return branch.map(BranchId::value).orElse("");
    }

    /**
     * Waits until the pools are empty, or for {@code atMost}; they stay paused either way.
     *
     * @return whether they are empty
     */
    public boolean pause(Actor actor, BranchId branch, Optional<String> database, Duration atMost) {
        var pausing =
                done(actor, "pools.pause", branch.value(), details(database), () -> pooler.pause(branch, database));
        return isDone(pausing, atMost);
    }

    private static boolean isDone(CompletionStage<Void> stage, Duration atMost) {
        try {
            stage.toCompletableFuture().get(atMost.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException _) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlatformException(
                    SqlState.ADMIN_SHUTDOWN, "interrupted while the pools became empty", "They stay paused.", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof PlatformException refusal) {
                throw refusal;
            }
            throw new IllegalStateException("the pooler failed", e);
        }
    }

    public void resume(Actor actor, BranchId branch, Optional<String> database) {
        done(actor, "pools.resume", branch.value(), details(database), () -> {
            pooler.resume(branch, database);
            return true;
        });
    }

    public void reconnect(Actor actor, BranchId branch, Optional<String> database) {
        done(actor, "pools.reconnect", branch.value(), details(database), () -> {
            pooler.reconnect(branch, database);
            return true;
        });
    }

    private static Map<String, String> details(Optional<String> database) {
        return database.map(name -> Map.of("database", name)).orElseGet(Map::of);
    }

    private <T> T done(Actor actor, String action, String target, Map<String, String> details, Supplier<T> work) {
        return audit.around(actor, action, target, () -> {
            var result = work.get();
            audit.offer(actor, action, target, AuditEntry.Outcome.DONE, details);
            return result;
        });
    }
}
