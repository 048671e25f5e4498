package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** The {@link Pooler}: has everything about a branch done on its home loop, and asks all loops for what is about all branches. */
final class LoopPooler implements Pooler {
    private final Shared shared;
    private final Loops loops;

    LoopPooler(Shared shared, Loops loops) {
        this.shared = shared;
        this.loops = loops;
    }

    @Override
    public PoolerSnapshot snapshot() {
        return PoolerRows.joined(onAll(context -> new PoolerView(shared, context.pools()).take()))
                .snapshot(shared);
    }

    @Override
    public PoolerSnapshot snapshot(BranchId branch) {
        return atHome(branch, pools -> new PoolerView(shared, pools, branch).take())
                .snapshot(shared);
    }

    @Override
    public PoolerSnapshot summary() {
        return PoolerRows.joined(onAll(context -> new PoolerView(shared, context.pools()).takeSummary()))
                .snapshot(shared);
    }

    private <T> T atHome(BranchId branch, Function<Pools, T> work) {
        var home = loops.home(branch);
        if (!home.loop().isCurrent()) {
            requireNoLoop();
        }
        return OnLoop.get(home.loop(), () -> work.apply(home.pools()));
    }

    private <T> List<T> onAll(Function<LoopContext, T> work) {
        requireNoLoop();
        var asked = loops.all().stream()
                .map(context -> OnLoop.ask(context.loop(), () -> work.apply(context)))
                .toList();
        return asked.stream().map(OnLoop::await).toList();
    }

    /** Two loops that wait for each other would do so for ever. */
    private void requireNoLoop() {
        if (loops.isCurrent()) {
            throw new IllegalStateException("a loop must not wait for another");
        }
    }

    private void commandHome(BranchId branch, Command command) {
        var _ = atHome(branch, pools -> {
            command.run(new PoolCommands(pools));
            return true;
        });
    }

    /** One that nobody has to wait for. */
    private interface Command {
        void run(PoolCommands commands);
    }

    @Override
    public PoolSettings settings() {
        return shared.pool();
    }

    @Override
    public PoolSettings settings(BranchId branch) {
        return shared.pool(branch);
    }

    @Override
    public void set(String name, String value) {
        shared.settings().change(PoolSetting.named(name), value);
        settingsChanged();
    }

    @Override
    public void set(BranchId branch, String name, String value) {
        shared.settings().change(branch, PoolSetting.named(name), value);
        var _ = atHome(branch, pools -> {
            pools.settingsChanged();
            return true;
        });
    }

    @Override
    public void reload() {
        shared.settings().reload(shared.pool().readAgain());
        settingsChanged();
    }

    @Override
    public void reload(BranchId branch) {
        shared.settings().reload(branch, shared.pool().readAgain());
        settingsChanged();
    }

    /** A console, which lives on a loop, does not wait for the branches of others to notice. */
    private void settingsChanged() {
        if (loops.isCurrent()) {
            for (var context : loops.all()) {
                OnLoop.begin(context.loop(), context.pools()::settingsChanged);
            }
        } else {
            var _ = onAll(context -> {
                context.pools().settingsChanged();
                return true;
            });
        }
    }

    @Override
    public CompletionStage<Void> pause(BranchId branch, Optional<String> database) {
        return atHome(branch, pools -> new PoolCommands(pools).pause(branch, database));
    }

    @Override
    public void resume(BranchId branch, Optional<String> database) {
        commandHome(branch, commands -> commands.resume(branch, database));
    }

    @Override
    public void disable(BranchId branch, String database) {
        commandHome(branch, commands -> commands.disable(branch, database, true));
    }

    @Override
    public void enable(BranchId branch, String database) {
        commandHome(branch, commands -> commands.disable(branch, database, false));
    }

    @Override
    public void reconnect(BranchId branch, Optional<String> database) {
        commandHome(branch, commands -> commands.reconnect(branch, database));
    }

    @Override
    public void kill(BranchId branch, Optional<String> database) {
        commandHome(branch, commands -> commands.kill(branch, database));
    }

    @Override
    public boolean killClient(BranchId branch, long id) {
        return atHome(branch, pools -> new PoolCommands(pools).killClient(branch, id));
    }

    @Override
    public CompletionStage<Void> waitClose(BranchId branch, Optional<String> database) {
        return atHome(branch, pools -> new PoolCommands(pools).waitClose(branch, database));
    }
}
