# Asks whether a release could begin now, and changes nothing. What it is given comes by the environment, and is never read as a
# command or as an option.
set -u
case "$TIDEGATE_CLI" in
  '' | *[!0-9A-Za-z.-]*)
    echo "tidegate-version is a version of the npm package, such as 1.2.3" >&2
    exit 2
    ;;
esac
tidegate() { npx --yes "tidegate@$TIDEGATE_CLI" "$@"; }
for name in TIDEGATE_TABLE TIDEGATE_API TIDEGATE_PREFIX; do
  eval "[ -n \"\${$name-}\" ]" || unset "$name"
done
set --
[ -z "$RELEASE_VERSION" ] || set -- "$@" "--version=$RELEASE_VERSION"
[ -z "$RELEASE_PLAN" ] || set -- "$@" "--plan=$RELEASE_PLAN"
summary=${GITHUB_STEP_SUMMARY:-tidegate-summary.md}
outputs=${GITHUB_OUTPUT:-tidegate.env}
said=$(mktemp)
ended=$(mktemp)
ask() {
  if [ -n "$RELEASE_VERSION" ]; then
    tidegate release --dry-run "$@" -- "$RELEASE_SERVICE"
  else
    tidegate gates -- "$RELEASE_SERVICE"
  fi
}
# Its own exit code, and not that of tee; the shell may be one that ends at the first failure.
{ ask "$@" && echo 0 >"$ended" || echo "$?" >"$ended"; } | tee "$said"
code=$(cat "$ended")
case "$code" in
  0) may=true ;;
  *) may=false ;;
esac
printf 'TIDEGATE_MAY_RELEASE=%s\n' "$may" >>"$outputs"
# Indented, it is code: nothing in it is markup.
sed 's/^/    /' "$said" >>"$summary"
[ "$code" != 1 ] || [ "$MAY_RELEASE_FAIL" = true ] || code=0
exit "$code"
