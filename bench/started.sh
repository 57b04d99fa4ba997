# What benchmarks start, wait for, and end: sourced by the scripts beside it.
started=()

end_started() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
}

# answers URL PID LOG: wait until it does, or say how its log ends.
answers() {
  for _ in $(seq 600); do
    curl -sf --noproxy '*' -o /dev/null "$1" && return
    kill -0 "$2" 2>/dev/null || break
    sleep 0.5
  done
  echo "$1 does not answer; its log ends:" >&2
  tail -n 20 "$3" >&2
  exit 1
}
