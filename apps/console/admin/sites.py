"""The console as a site: its home, its search, and every app's lists."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from unfold.sites import UnfoldAdminSite

from apps.accounts import browser
from apps.console.admin import navigation, position, searching, second_step, tiles
from uma.kernel.desk import ReadOnlyAdmin

LONGEST_SEARCH = 200


class Console(UnfoldAdminSite):
    """The admin with a home that says what to do next, and one search over everything."""

    index_template = "console/home.html"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [
            path("search/", self.admin_view(self.search), name="search"),
            path("stop-viewing/", self.admin_view(self.stop_viewing), name="stop-viewing"),
            path("second-step/", self.second_step, name="second-step"),
            # Whoever showed only the password may leave as well.
            path("logout/", self.logout, name="logout"),
            *super().get_urls(),
        ]

    # Any: Django's context.
    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Say what the library would take from settings of its own: names, and the lists by heading."""
        context = super().each_context(request)
        return {
            **context,
            "site_title": self.site_title,
            "site_header": self.site_header,
            "site_url": None,
            "sections": navigation.sections(context["available_apps"], request.path),
        }

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and second_step.passed(request)

    # Any: Django's context.
    @method_decorator(never_cache)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask for the password, and send on whoever has only that."""
        if super().has_permission(request) and not second_step.passed(request):
            query = {"next": request.GET["next"]} if "next" in request.GET else {}
            return HttpResponseRedirect(f"{reverse('admin:second-step')}?{urlencode(query)}")
        return super().login(request, extra_context)

    @method_decorator(never_cache)
    def second_step(self, request: HttpRequest) -> HttpResponse:
        """Ask for the second factor; before the password nobody gets here."""
        if not super().has_permission(request):
            return HttpResponseRedirect(reverse("admin:login"))
        return second_step.show(self, request)

    # Any: Django's context.
    def logout(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Sign out, and look at nobody's pages any more."""
        if request.method == "POST":
            browser.end_view(request, why="signed_out", now=timezone.now())
        return super().logout(request, extra_context)

    @method_decorator(require_POST)
    def stop_viewing(self, request: HttpRequest) -> HttpResponse:
        """End the view of this session, and go back to whom it was about; once more changes nothing."""
        viewing = browser.end_view(request, why="stopped", now=timezone.now())
        back = reverse("admin:index")
        if viewing is not None:
            back = (
                reverse("admin:merchants_merchant_change", args=[viewing.merchant_id])
                if viewing.merchant_id
                else reverse("admin:accounts_user_change", args=[viewing.person_id])
            )
        response = HttpResponseRedirect(back)
        browser.forget_view(response)
        return response

    # Any: of whatever model.
    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take in the desks of our own apps; what libraries bring would write rows by a form."""
        if admin_class is not None and issubclass(admin_class, ReadOnlyAdmin):
            super().register(model_or_iterable, admin_class, **options)

    # Any: Django's context.
    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show the numbers of the operator's zones above the lists."""
        home = {
            "groups": tiles.shown(self, request, now=timezone.now()),
            "position": position.newest(self, request),
        }
        return super().index(request, {**(extra_context or {}), **home})

    def search(self, request: HttpRequest) -> HttpResponse:
        """
        Show what goes by what was typed; a single find opens at once.

        Typed are phone numbers, too: they are sent in the body, for addresses stay in logs and histories.
        """
        typed = request.POST.get("q", "")[:LONGEST_SEARCH]
        hits = searching.find(self, request, typed=typed)
        if len(hits) == 1:
            return HttpResponseRedirect(hits[0].href)
        context = {**self.each_context(request), "title": "Search", "typed": typed, "hits": hits}
        return TemplateResponse(request, "console/search.html", context)
