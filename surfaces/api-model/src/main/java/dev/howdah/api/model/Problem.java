package dev.howdah.api.model;

import java.util.Optional;

/**
 * Why a request was refused, as RFC 9457 has it.
 *
 * @param detail what was refused and why
 * @param instance the path that was asked for
 * @param code stable and made for programs: the lower-case name of the SQLSTATE's condition, such as {@code undefined_object}
 * @param hint what to do; absent where nothing can be done
 * @param requestId also in the header {@code X-Request-Id} and in the platform's log
 */
public record Problem(
        String type,
        String title,
        int status,
        String detail,
        String instance,
        String code,
        Optional<String> hint,
        String requestId) {}
