package dev.howdah.client;

/** Size and SHA-256 (in lower-case hexadecimal digits) of one file. */
record FileSum(long size, String sha256) {}
