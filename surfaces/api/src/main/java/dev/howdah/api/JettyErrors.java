package dev.howdah.api;

import dev.howdah.api.model.ApiPaths;
import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** Problem documents for what the HTTP server refuses before any route sees it: broken requests, headers too long. */
final class JettyErrors extends ErrorHandler {
    private final Json json = new Json();

    @Override
    public boolean errorPageForMethod(String method) {
        return true;
    }

    @Override
    protected void generateResponse(
            Request request,
            Response response,
            int code,
            @Nullable String message,
            @Nullable Throwable cause,
            Callback callback) {
        var reply = Problems.ofServer(code, message == null ? "the request was refused" : message);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, ApiPaths.PROBLEM_MEDIA_TYPE);
        response.write(true, ByteBuffer.wrap(json.write(reply)), callback);
    }
}
