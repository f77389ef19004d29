# Releases a version, follows it to its end, and says how it ended: in the summary, in the outputs, and by the exit code of
# `tidegate release`. What it is given comes by the environment, and is never read as a command or as an option.
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
set -f
for pair in $RELEASE_VERSIONS; do set -- "$@" "--versions=$pair"; done
set +f
[ -z "$RELEASE_OBJECT" ] || set -- "$@" "--object=$RELEASE_OBJECT"
[ -z "$RELEASE_OBJECT_VERSION" ] || set -- "$@" "--object-version=$RELEASE_OBJECT_VERSION"
[ -z "$RELEASE_IMAGE" ] || set -- "$@" "--image=$RELEASE_IMAGE"
[ -z "$RELEASE_PLAN" ] || set -- "$@" "--plan=$RELEASE_PLAN"
[ -z "$RELEASE_REASON" ] || set -- "$@" "--reason=$RELEASE_REASON"
[ -z "$RELEASE_COMMIT" ] || set -- "$@" "--commit=$RELEASE_COMMIT"
[ -z "$RELEASE_BUILD" ] || set -- "$@" "--build=$RELEASE_BUILD"
[ -z "$RELEASE_AUTHOR" ] || set -- "$@" "--author=$RELEASE_AUTHOR"
[ "$RELEASE_URGENT" != true ] || set -- "$@" --urgent
[ "$RELEASE_BOLDER" != true ] || set -- "$@" --bolder
summary=${GITHUB_STEP_SUMMARY:-tidegate-summary.md}
outputs=${GITHUB_OUTPUT:-tidegate.env}
said=$(mktemp)
ended=$(mktemp)
# Its own exit code, and not that of tee; the shell may be one that ends at the first failure.
{ tidegate release --watch "$@" -- "$RELEASE_SERVICE" && echo 0 >"$ended" || echo "$?" >"$ended"; } | tee "$said"
code=$(cat "$ended")
release=$(sed -nE 's/^Release ([A-Za-z0-9_-]+) has been accepted\.$/\1/p' "$said" | head -n 1)
case "$code" in
  0) result=released ;;
  1) result=not-released ;;
  2) result=refused ;;
  *) result=failed ;;
esac
printf 'TIDEGATE_RELEASE=%s\nTIDEGATE_RESULT=%s\n' "$release" "$result" >>"$outputs"
if [ -n "$release" ]; then
  # The sheet escapes what others wrote. What people fill in after an incident is left out.
  tidegate post-mortem "$release" | sed -e '1s/^# Post-mortem: /## /' -e '/^## What went well/,$d' >>"$summary"
else
  printf 'No release has begun. The log of this step says why.\n' >>"$summary"
fi
exit "$code"
