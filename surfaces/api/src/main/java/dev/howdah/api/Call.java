package dev.howdah.api;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.control.Actor;
import dev.howdah.control.PageRequest;
import dev.howdah.control.Principal;
import io.javalin.http.Context;
import java.util.Optional;

/** One request, after its route and its caller are known. Belongs to the thread that answers it. */
final class Call {
    /** The context attribute that holds what to do once the answer is on its way. */
    static final String AFTERWARDS = "howdah.afterwards";

    private static final PageRequest FIRST_PAGE = PageRequest.FIRST;

    private final Context context;
    private final Optional<Principal> principal;
    private final byte[] body;
    private final Json json;

    Call(Context context, Optional<Principal> principal, byte[] body, Json json) {
        this.context = context;
        this.principal = principal;
        this.body = body;
        this.json = json;
    }

    Principal principal() {
        return principal.orElseThrow(() -> new IllegalStateException("an open route has no caller"));
    }

    Actor actor() {
        return principal().actor(address(context));
    }

    /** Where the request came from: the peer of its connection, whatever headers say. The server writes IPv6 addresses in brackets. */
    static String address(Context context) {
        return context.ip().replaceAll("[\\[\\]]", "");
    }

    /** A part of the path, decoded. */
    String path(String name) {
        return checked(name, context.pathParam(name));
    }

    Optional<String> query(String name) {
        return Optional.ofNullable(context.queryParam(name)).map(text -> checked(name, text));
    }

    Optional<String> header(String name) {
        return Optional.ofNullable(context.header(name));
    }

    /** The body; an absent one is read as an object without fields. */
    <T> T body(Class<T> type) {
        return json.read(body, type);
    }

    PageRequest page() {
        return new PageRequest(query("limit").map(Call::limit).orElse(FIRST_PAGE.limit()), query("cursor"));
    }

    /** Has {@code work} done once the answer is on its way. */
    void afterwards(Runnable work) {
        context.attribute(AFTERWARDS, work);
    }

    private static int limit(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new PlatformException(
                    SqlState.INVALID_PARAMETER_VALUE,
                    "limit must be a whole number, was \"%s\"".formatted(text),
                    "Ask for 1 to %d.".formatted(PageRequest.LIMIT_MAX),
                    e);
        }
    }

    private static String checked(String name, String text) {
        if (!Text.isStorable(text)) {
            throw PlatformException.invalid(
                    "\"%s\" in the address holds a zero character or half a surrogate pair".formatted(name),
                    "PostgreSQL cannot store either; leave it out.");
        }
        return text;
    }
}
