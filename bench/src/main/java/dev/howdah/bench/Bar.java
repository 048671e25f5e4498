package dev.howdah.bench;

import java.util.Locale;

/** What a ratio has to reach: a rate at least, a time at most. */
record Bar(Slice.Metric metric, double bound) {
    /** How far the pairs bear out that a bar is reached. */
    enum Verdict {
        YES("yes"),
        /** The median reaches it, the interval lies on both sides. */
        PROBABLY("yes, within noise"),
        HARDLY("no, within noise"),
        NO("no");

        private final String words;

        Verdict(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }

        boolean reached() {
            return this == YES || this == PROBABLY;
        }
    }

    Verdict verdict(Interval ratio) {
        if (reaches(ratio.low()) && reaches(ratio.high())) {
            return Verdict.YES;
        }
        if (reaches(ratio.median())) {
            return Verdict.PROBABLY;
        }
        return reaches(ratio.low()) || reaches(ratio.high()) ? Verdict.HARDLY : Verdict.NO;
    }

    private boolean reaches(double ratio) {
        return metric == Slice.Metric.RATE ? ratio >= bound : ratio <= bound;
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT, "%s %s %.2f", metric.title(), metric == Slice.Metric.RATE ? ">=" : "<=", bound);
    }
}
