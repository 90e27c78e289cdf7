"""Images for tweets that are still being written."""

from django.http import Http404
from django.urls import path
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import caller
from socialgraph.throttles import RequestThrottle, UploadThrottle
from tweets import services
from tweets.models import Media
from tweets.serializers import Description, NewMedia, uploaded_json


class Uploads(APIView):
    permission_classes = (IsAuthenticated,)
    throttle_classes = (RequestThrottle, UploadThrottle)
    parser_classes = (MultiPartParser,)

    def post(self, request: Request) -> Response:
        new = NewMedia(data=request.data)
        new.is_valid(raise_exception=True)
        media = services.upload(owner=caller(request), file=new.validated_data["image"], alt=new.validated_data["alt"])
        return Response(
            uploaded_json(media, request),
            status=status.HTTP_201_CREATED,
            headers={"Location": request.build_absolute_uri(f"/api/media/{media.pk}")},
        )


class Upload(APIView):
    """The caller's own, until a tweet has it."""

    permission_classes = (IsAuthenticated,)

    def get(self, request: Request, media_id: int) -> Response:
        return Response(uploaded_json(_waiting(request, media_id), request))

    def patch(self, request: Request, media_id: int) -> Response:
        media = _waiting(request, media_id)
        sent = Description(data=request.data)
        sent.is_valid(raise_exception=True)
        services.describe(media=media, alt=sent.validated_data["alt"])
        return Response(uploaded_json(media, request))

    def delete(self, request: Request, media_id: int) -> Response:
        services.discard(media=_waiting(request, media_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _waiting(request: Request, media_id: int) -> Media:
    media = Media.objects.filter(pk=media_id, owner=caller(request), tweet=None).first()
    if media is None:
        raise Http404("You have no such image that no tweet has yet.")
    return media


urlpatterns = [
    path("media", Uploads.as_view()),
    path("media/<int:media_id>", Upload.as_view()),
]
