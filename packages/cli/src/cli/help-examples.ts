/** What `kd --help` ends with. */
export const helpExamples = `
Examples:
  kd init                                            write kd.yaml and compare.yaml
  kd distill                                         run kd.yaml
  kd report                                          draw what it found
  kd compare                                         run compare.yaml: methods over seeds, with tests
  kd distill my-run/kd.yaml seed=1 method.eta=0.5    run it with other values
  kd distill my-run/kd.yaml --out runs/a --resume    go on with a run that was interrupted
  kd train my-run/kd.yaml                            the same student without a teacher
  kd compare my-run/compare.yaml --jobs 4            another one, four runs at a time
  kd evaluate runs/kd-label-revision-0               test what came out
  kd select my-run/kd.yaml                           which examples the teacher would teach, with pictures
  kd keep-answers my-run/kd.yaml --out answers       ask the teachers once, for runs without them
  kd report runs/a runs/b                            draw what they found
  kd watch runs/a                                    see a run while it goes on
  kd list methods                                    what method.name can be
  kd list methods weighted-soft-labels               its options with their defaults
  kd doctor                                          which engines load here, which data are found

Exit codes: 0 done, 1 failed, 2 bad usage or config, 130 ended by Ctrl-C`
