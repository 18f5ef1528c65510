"""Of the browsers on a machine the first that works is taken; where none does, it is said why."""

import shutil

from .conftest import PROGRAMS, opened


def test_one_that_does_not_start_is_passed_over(started, some_page, folder_of, browser):
    works = next(filter(None, map(shutil.which, PROGRAMS)))
    path = folder_of(chromium="echo cannot open /tmp; exit 46", google_chrome=f'exec {works} "$@"')
    found, why = opened(started, some_page, path)
    assert (found is not None, why) == (True, "")
    found.close()


def test_where_none_works_each_is_named_with_what_it_said(started, some_page, folder_of):
    path = folder_of(chromium="exit 46", google_chrome_stable="exit 1")
    found, why = opened(started, some_page, path)
    assert found is None
    assert f"{path}/chromium does not start: " in why
    assert f"{path}/google-chrome-stable does not start: " in why


def test_where_there_is_none_that_is_said(started, some_page, tmp_path):
    assert opened(started, some_page, str(tmp_path)) == (None, "this machine has no Chromium")
