#!/usr/bin/env node
// The build puts the bundle of this one module here instead: see scripts/bundle.ts.
import './start.ts';
