package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import dev.howdah.proxy.io.EventLoop;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** The {@link Pooler}: carries everything out on the loop that owns the pools. */
final class LoopPooler implements Pooler {
    private final Shared shared;
    private final EventLoop loop;
    private final Pools pools;
    private final PoolCommands commands;

    LoopPooler(Shared shared, LoopContext context) {
        this.shared = shared;
        this.loop = context.loop();
        this.pools = context.pools();
        this.commands = new PoolCommands(shared, pools);
    }

    @Override
    public PoolerSnapshot snapshot() {
        return OnLoop.get(loop, () -> new PoolerView(shared, pools).take());
    }

    @Override
    public PoolerSnapshot summary() {
        return OnLoop.get(loop, () -> new PoolerView(shared, pools).takeSummary());
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
        change(settings -> settings.change(PoolSetting.named(name), value));
    }

    @Override
    public void set(BranchId branch, String name, String value) {
        change(settings -> settings.change(branch, PoolSetting.named(name), value));
    }

    @Override
    public void reload() {
        var file = shared.pool().readAgain();
        change(settings -> settings.reload(file));
    }

    @Override
    public void reload(BranchId branch) {
        var file = shared.pool().readAgain();
        change(settings -> settings.reload(branch, file));
    }

    private void change(Consumer<RunningSettings> how) {
        OnLoop.run(loop, () -> {
            how.accept(shared.settings());
            pools.settingsChanged();
        });
    }

    @Override
    public CompletionStage<Void> pause(BranchId branch, Optional<String> database) {
        return OnLoop.get(loop, () -> commands.pause(branch, database));
    }

    @Override
    public void resume(BranchId branch, Optional<String> database) {
        OnLoop.run(loop, () -> commands.resume(branch, database));
    }

    @Override
    public void disable(BranchId branch, String database) {
        OnLoop.run(loop, () -> commands.disable(branch, database, true));
    }

    @Override
    public void enable(BranchId branch, String database) {
        OnLoop.run(loop, () -> commands.disable(branch, database, false));
    }

    @Override
    public void reconnect(BranchId branch, Optional<String> database) {
        OnLoop.run(loop, () -> commands.reconnect(branch, database));
    }

    @Override
    public void kill(BranchId branch, Optional<String> database) {
        OnLoop.run(loop, () -> commands.kill(branch, database));
    }

    @Override
    public boolean killClient(BranchId branch, long id) {
        return OnLoop.get(loop, () -> commands.killClient(branch, id));
    }

    @Override
    public CompletionStage<Void> waitClose(BranchId branch, Optional<String> database) {
        return OnLoop.get(loop, () -> commands.waitClose(branch, database));
    }
}
