package dev.howdah.app;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** One platform for all tests that leave it as they found it; it ends with the test run. */
final class SharedPlatform implements ParameterResolver {
    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == RunningPlatform.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getRoot()
                .getStore(Namespace.GLOBAL)
                .computeIfAbsent(RunningPlatform.class, _ -> started(), RunningPlatform.class);
    }

    private static RunningPlatform started() {
        try {
            return RunningPlatform.start();
        } catch (Exception e) {
            throw new IllegalStateException("the platform did not start", e);
        }
    }
}
