#!/usr/bin/env bash
# Trains the demo pair anew and puts it into models/: checkpoint, adapters, eval.json. Needs npm, pip and apt-get for
# the text, a CUDA GPU for about twelve minutes, and the Python packages of requirements.txt (PYTHON=… names another
# interpreter). A run that was cut short goes on where it stopped.
#   run.sh [FOLDER]            work in FOLDER (default: .cache/train-demo)
#   run.sh --smoke [FOLDER]    the same path in a minute on a CPU; models/ stays as it is
# Afterwards: npm run demo:export, then npm run demo:claims.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
models=$here/../../models
python=${PYTHON:-python3}
smoke=()
if [[ ${1:-} == --smoke ]]; then
  smoke=(--smoke)
  shift
fi
work=${1:-$here/../../.cache/train-demo}

"$python" "$here/main.py" corpus "$work"
"$python" "$here/main.py" train "$work" "${smoke[@]}"
"$python" "$here/main.py" tables "$work"
if [[ ${#smoke[@]} == 0 ]]; then
  cp -r "$work"/models/{base,ft-adapter,control-adapter,eval.json} "$models"
  "$python" "$here/held_out.py" > "$models/held-out-prompts.json"
  chmod -R u=rwX,go=rX "$models"
fi
