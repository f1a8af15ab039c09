// Package sweep is what it takes to diagnose many targets: a list to read them
// from ([ReadList]), names that are looked up once ([Names]), and a schedule that
// keeps so many diagnoses under way at once and never too many to one address
// ([Schedule]). It diagnoses nothing itself.
package sweep
