# The plot of `make bench`: TABLE and GROWTH as tests/bench/rows.inc and growth.inc keep them, to an SVG.
# Above, how many times better than QEMU each row is; below, how each cost grows along each axis.
BEGIN {
    FS = "\t"
    WIDTH = 900; LEFT = 300; RIGHT = 60; BAR = 22; TOP = 50
    PANEL_WIDTH = 250; PANEL_HEIGHT = 190; PANEL_GAP = 30
    split("#1f77b4 #d62728 #2ca02c #9467bd #ff7f0e #8c564b #17becf", COLOUR, " ")
}

FNR == 1 { file++ }
file == 1 && $6 != "" { rows++; name[rows] = $2; better[rows] = $6; missed[rows] = $10 == "NO" }
file == 2 {
    if (!($1 in axis_of)) { axes++; axis_of[$1] = axes; axis_name[axes] = $1; lines[axes] = 0 }
    a = axis_of[$1]
    n = ++lines[a]
    if (n > most) most = n
    line_name[a, n] = $2
    points[a] = NF - 3
    for (i = 4; i <= NF; i++) {
        split($i, pair, "=")
        label[a, i - 3] = pair[1]
        value[i - 3] = pair[2]
    }
    for (i = 1; i <= points[a]; i++) {
        less = $3 == "ms" || $3 == "MiB"
        ok = value[1] > 0 && value[i] > 0
        cost[a, n, i] = !ok ? 1 : less ? value[i] / value[1] : value[1] / value[i]
    }
}

END {
    bars_height = TOP + rows * BAR + 40
    height = bars_height + 60 + PANEL_HEIGHT + 34 + most * 16
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n", WIDTH, height
    printf "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
    bars()
    for (a = 1; a <= axes; a++)
        panel(a, 50 + (a - 1) * (PANEL_WIDTH + PANEL_GAP), bars_height + 60)
    print "</svg>"
}

function log10(x) { return log(x) / log(10) }
function text(x, y, anchor, what, more) {
    gsub(/&/, "\\&amp;", what); gsub(/</, "\\&lt;", what)
    printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"%s>%s</text>\n", x, y, anchor, more, what
}
function line(x1, y1, x2, y2, colour, width) {
    printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"%s\"/>\n", x1, y1, x2, y2, colour, width
}

# From a third of QEMU to a thousand times it.
function bar_x(times) {
    times = times < 0.33 ? 0.33 : times > 1000 ? 1000 : times
    return LEFT + (log10(times) - log10(0.33)) / (3 - log10(0.33)) * (WIDTH - LEFT - RIGHT)
}

function bars(    i, y, x, from, tick, ticks) {
    text(20, 25, "start", "Times better than QEMU (logarithmic); red: the goal is not held", " font-size=\"15\" font-weight=\"bold\"")
    ticks = split("1 10 100 1000", tick, " ")
    for (i = 1; i <= ticks; i++) {
        line(bar_x(tick[i]), TOP - 5, bar_x(tick[i]), TOP + rows * BAR, i == 1 ? "#000" : "#ccc", 1)
        text(bar_x(tick[i]), TOP + rows * BAR + 16, "middle", tick[i] "x", "")
    }
    for (i = 1; i <= rows; i++) {
        y = TOP + (i - 1) * BAR
        x = bar_x(better[i]); from = bar_x(1)
        text(LEFT - 8, y + 14, "end", name[i], "")
        printf "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n", x < from ? x : from, y + 3, (x < from ? from - x : x - from) + 1, BAR - 7, missed[i] ? "#d62728" : "#1f77b4"
        text((x > from ? x : from) + 5, y + 14, "start", sprintf(better[i] < 10 ? "%.1f" : "%.0f", better[i]) "x", "")
    }
}

# Cost relative to the first point, from a third to thirty times.
function panel_y(top, c) {
    c = c < 0.33 ? 0.33 : c > 33 ? 33 : c
    return top + PANEL_HEIGHT * (1 - (log10(c) + 0.48) / 2)
}

function panel(a, left, top,    i, n, x, path, tick, ticks) {
    if (a == 1)
        text(20, top - 35, "start", "How cost grows: times the cost of the first (logarithmic)", " font-size=\"15\" font-weight=\"bold\"")
    text(left + PANEL_WIDTH / 2, top - 10, "middle", axis_name[a], " font-weight=\"bold\"")
    ticks = split("1 3 10 30", tick, " ")
    for (i = 1; i <= ticks; i++) {
        line(left, panel_y(top, tick[i]), left + PANEL_WIDTH, panel_y(top, tick[i]), i == 1 ? "#000" : "#ccc", 1)
        text(left - 6, panel_y(top, tick[i]) + 4, "end", tick[i] "x", "")
    }
    for (i = 1; i <= points[a]; i++)
        text(panel_x(a, i, left), top + PANEL_HEIGHT + 16, "middle", label[a, i], "")
    for (n = 1; n <= lines[a]; n++) {
        path = ""
        for (i = 1; i <= points[a]; i++)
            path = path sprintf("%.1f,%.1f ", panel_x(a, i, left), panel_y(top, cost[a, n, i]))
        printf "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", path, COLOUR[n]
        line(left, top + PANEL_HEIGHT + 20 + n * 16, left + 18, top + PANEL_HEIGHT + 20 + n * 16, COLOUR[n], 3)
        text(left + 24, top + PANEL_HEIGHT + 24 + n * 16, "start", line_name[a, n], "")
    }
}

function panel_x(a, i, left) { return left + 15 + (PANEL_WIDTH - 30) * (i - 1) / (points[a] - 1) }
