# What `make bench` writes to docs/: the table into PERFORMANCE.md, between its two markers, and the
# plot. tests/bench.sh sources this.
# shellcheck shell=bash disable=SC2154 # what rows.sh sets

report_dir=${BENCH_DOCS:-docs}

write_report()
{
    local page=$report_dir/PERFORMANCE.md
    {
        sed '/^<!-- make bench -->$/q' "$page"
        report_tables
        sed -n '/^<!-- end of make bench -->$/,$p' "$page"
    } >"$dir/page" && cat "$dir/page" >"$page"
    awk -f tests/bench/plot.awk "$dir/table" "$dir/growth" >"$report_dir/performance.svg"
    echo "written: $page, $report_dir/performance.svg"
}

report_tables()
{
    echo
    echo "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), $(nproc) CPUs, Linux $(uname -r | cut -d- -f1), \
$(date +%Y-%m-%d). Ratios count: the machine's own pace wanders."
    awk -F'\t' '
        function shown(number, suffix) { return number == "" ? "" : sprintf(format_of(number), number) suffix }
        function format_of(n) { return n >= 100 ? "%.0f" : n >= 10 ? "%.1f" : "%.2f" }
        $1 != section { section = $1; print "\n**" section "**\n"
            print "| what | unit | stepvm | QEMU | better | limit | of it | goal | holds |"
            print "| --- | --- | --- | --- | --- | --- | --- | --- | --- |" }
        { gsub(/\|/, "\\|", $2)
          printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", $2, $3, shown($4, ""), shown($5, ""),
            shown($6, "x"), shown($7, ""), $8 == "" ? "" : sprintf("%.0f%%", $8), $9, $10 }' "$dir/table"
    awk -F'\t' '
        function format_of(n) { return n >= 100 ? "%.0f" : n >= 10 ? "%.1f" : "%.2f" }
        $1 != axis { axis = $1; print "\n**How cost grows: " axis "**\n"
            head = "| what | unit |"; rule = "| --- | --- |"
            for (i = 4; i <= NF; i++) { split($i, pair, "="); head = head " " pair[1] " |"; rule = rule " --- |" }
            print head; print rule }
        { line = "| " $2 " | " $3 " |"
          for (i = 4; i <= NF; i++) { split($i, pair, "="); line = line " " sprintf(format_of(pair[2]), pair[2]) " |" }
          print line }' "$dir/growth"
    echo
}
