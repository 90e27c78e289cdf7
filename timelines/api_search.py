"""Tweets and people that answer a question."""

from django.urls import path
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.search import people_found
from accounts.serializers import PageQuery, user_json
from timelines.api import viewer_of
from timelines.serializers import page_json
from tweets.search.find import Order, found
from tweets.search.query import QueryError, parse


class SearchQuery(PageQuery):
    """`?q=&type=&order=` beside what every page takes; what `q` may be is `tweets.search.query`'s to say."""

    q = serializers.CharField()
    type = serializers.ChoiceField(["tweets", "users"], default="tweets")
    order = serializers.ChoiceField([each.value for each in Order], default=Order.RECENT.value)


class Search(APIView):
    """People come on one page, the best first: `next` is null."""

    def get(self, request: Request) -> Response:
        query = SearchQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked, viewer = query.validated_data, viewer_of(request)
        if asked["type"] == "users":
            people = people_found(asked["q"], viewer, limit=asked["limit"])
            return Response({"results": [user_json(user, request) for user in people], "next": None})
        try:
            page = found(
                parse(asked["q"]), viewer, order=Order(asked["order"]), cursor=asked["cursor"], limit=asked["limit"]
            )
        except QueryError as error:
            raise ValidationError({"q": [str(error)]}) from None
        return Response(page_json(page, request))


urlpatterns = [path("search", Search.as_view())]
